// The checklist follows what is being written: the site is asked a moment after the last key. Its links,
// and those of what was refused, lead to their fields.

const WAIT = 1500; // milliseconds
const PATIENCE = 10_000;

const panel = document.getElementById("editor-checklist");
const form = panel?.closest("form");
const signedOut = document.getElementById("editor-signed-out");
let timer = 0;
let asked = 0;

const look = async () => {
  const number = (asked += 1);
  const body = new FormData(form);
  // Of a file that was chosen its name is told.
  for (const [name, value] of [...body]) if (value instanceof File) body.set(name, value.name);
  try {
    const answer = await fetch(panel.dataset.check, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(PATIENCE),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("editor-checklist");
    signedOut.hidden = Boolean(found) || !(answer.redirected || answer.status === 403);
    if (!found || number !== asked) return;
    if (panel.contains(document.activeElement)) return; // somebody is walking through its links
    panel.replaceChildren(...found.childNodes);
  } catch {
    // No connection: the panel stays as it was, and saving looks again.
  }
};
const later = () => {
  clearTimeout(timer);
  timer = setTimeout(look, WAIT);
};

const start = () => {
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  window.django?.jQuery?.(form).on("change", later);
  document.addEventListener("formset:removed", later);
  form.addEventListener("click", (event) => {
    const link = event.target.closest(":is(.editor-checklist, .editor-faults) a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    // A list of choices that is drawn anew is hidden itself; the drawn one takes the focus.
    const drawn = field.nextElementSibling?.querySelector?.("[role=combobox], input");
    const text = field.hidden && field.closest(".rich-text")?.querySelector("[contenteditable=true]");
    const target = field.matches(".select2-hidden-accessible") ? drawn : text || field;
    event.preventDefault();
    (target ?? field).scrollIntoView({ block: "center" });
    (target ?? field).focus();
  });
};
if (form && panel.dataset.check) {
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}
