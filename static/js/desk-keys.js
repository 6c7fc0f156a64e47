// The keys of the desk, as in WordPress. A key presses the button that bears it (data-key): on the
// card in hand, which is the one that has the focus, or for all that are ticked. They are dead
// while somebody writes, and can be switched off for good (kept in localStorage).

const KEY = "marginalia.keys";
const dialog = document.getElementById("desk-keys");
const tick = document.getElementById("desk-keys-on");
const WRITING = "input:not([type=checkbox]), textarea, select, [contenteditable], form.desk-write";

const cards = () => [...document.querySelectorAll(".desk-card")];
const inHand = () => document.activeElement?.closest(".desk-card");
const bearer = (where, key) => where?.querySelector(`[data-key~="${key}"]`);

try {
  tick.checked = localStorage.getItem(KEY) !== "off";
} catch {
  // A browser that lets pages keep nothing: the keys are on, and off for this page only.
}
tick.addEventListener("change", () => {
  try {
    if (tick.checked) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    // As above.
  }
});

const step = (by) => {
  const all = cards();
  const at = all.indexOf(inHand());
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
};

const tickAll = () => {
  const ticks = cards().map((card) => bearer(card, "x"));
  const checked = !ticks.every((each) => each.checked);
  ticks.forEach((each) => (each.checked = checked));
};

const OTHERS = {
  j: () => step(1),
  k: () => step(-1),
  X: tickAll,
  // What was decided on this page, never what somebody else did to the card in hand.
  z: () => bearer(document.getElementById("desk-undo"), "z").click(),
  e: () => bearer(inHand(), "q") && location.assign(bearer(inHand(), "q").href),
  "?": () => dialog.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (!tick.checked || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]") || event.target.closest?.(WRITING)) return;
  const key = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  if (event.repeat && key !== "j" && key !== "k") return; // a key held down decides once
  const many = key !== key.toLowerCase() ? document.querySelector(".desk-bulk") : inHand();
  const press = OTHERS[key] ?? (/^[a-z]$/i.test(key) && bearer(many, key));
  if (!press) return;
  event.preventDefault();
  if (press.click) press.click();
  else press();
});

// Whoever comes to a card by key reads all of it. It stays open, so that nothing moves back.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches(":focus-visible")) target.closest(".desk-card")?.classList.add("desk-read");
});

document.querySelector(".desk-help").addEventListener("click", () => dialog.showModal());
