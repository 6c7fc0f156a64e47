// On the page after confirming an address: keep the proof in this browser, if its reader ticks so.
// static/js/drafts.js reads it; nothing is kept without the tick.

const KEY = "marginalia.proof";
const section = document.getElementById("remember");
const tick = document.getElementById("remember-tick");

// What stands before the first colon is the address's hash; the rest says when it was signed.
const address = (proof) => (proof || "").split(":")[0];

try {
  tick.checked = address(localStorage.getItem(KEY)) === address(section.dataset.proof);
  section.hidden = false;
  tick.addEventListener("change", () => {
    if (tick.checked) localStorage.setItem(KEY, section.dataset.proof);
    else localStorage.removeItem(KEY);
  });
} catch {
  // A browser that lets pages keep nothing: then there is nothing to offer.
}
