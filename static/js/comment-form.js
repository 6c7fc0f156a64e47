// The forms of readers work without any script. This one adds how many characters are left below
// each field that has a counter, and to the comment form a key made once a page, so that a double
// click or a reload is recognized as the same comment, and a button that waits meanwhile.

for (const left of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(left.dataset.counts);
  const said = left.nextElementSibling;
  let soon;

  const count = () => {
    // As the server counts: whole characters, a line break as one, without blanks at both ends.
    const free = left.dataset.limit - Array.from(field.value.trim()).length;
    const number = Math.abs(free).toLocaleString("en-US");
    left.textContent = (free < 0 ? left.dataset.over : left.dataset.left).replace("%s", number);
    left.classList.toggle("comment-left-over", free < 0);
    // Who listens to the page is told near the end only, and when they pause.
    clearTimeout(soon);
    soon = setTimeout(() => (said.textContent = free < 200 ? left.textContent : ""), 1000);
  };

  field.addEventListener("input", count);
  addEventListener("pageshow", count);
  count();
  left.hidden = false;
}

const form = document.getElementById("commentform");

if (form) {
  const { key } = form.elements;
  const button = document.getElementById("submit-id-submit");

  const newKey = () => {
    // randomUUID exists in secure contexts only; random bytes exist everywhere.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  if (!key.value) key.value = newKey();
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "preview") return;
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
