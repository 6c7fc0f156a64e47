// The comment form works without this. It adds two things: a key made once a page, so that a
// double click or a reload is recognized as the same comment, and a button that waits meanwhile.

const form = document.getElementById("commentform");

if (form) {
  const key = form.elements.namedItem("key");
  const button = form.querySelector("button[type=submit]");

  const newKey = () => {
    // randomUUID exists in secure contexts only; random bytes exist everywhere.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  if (!key.value) key.value = newKey();
  form.addEventListener("submit", () => {
    button.disabled = true;
    // A post that was stopped may be sent again; one that went through is known by its key.
    setTimeout(() => (button.disabled = false), 8000);
  });

  // Back from the preview: the browser shows the old page, but the next comment is a new one.
  addEventListener("pageshow", (event) => {
    button.disabled = false;
    if (event.persisted) key.value = newKey();
  });
}
