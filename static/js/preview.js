// "Preview" shows the comment above the form without leaving the page. Whatever fails, the
// ordinary way is taken: the same button leads to a page with the same preview.

const form = document.getElementById("commentform");
const button = form?.querySelector("button[name=preview]");
let ordinary = false;

form?.addEventListener("submit", async (event) => {
  if (ordinary || event.submitter !== button) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("preview", "1");
  button.disabled = true;
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body,
      signal: AbortSignal.timeout(10_000),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const draft = document.adoptNode(page.getElementById("draft"));
    if (!answer.ok) throw new Error("refused");
    // What was wrong before is mended now.
    form.querySelectorAll(".form-errors, .field-error").forEach((it) => it.remove());
    form.querySelectorAll(".field-wrong").forEach((it) => it.classList.remove("field-wrong"));
    form.querySelectorAll("[aria-invalid]").forEach((it) => it.removeAttribute("aria-invalid"));
    document.getElementById("draft")?.remove();
    form.before(draft);
    const title = draft.querySelector("h4");
    title.autofocus = false;
    title.focus();
    draft.scrollIntoView({ block: "nearest" });
  } catch {
    ordinary = true;
  }
  button.disabled = false;
  // Not from within the event, where a form cannot be sent again.
  if (ordinary) setTimeout(() => form.requestSubmit(button));
});
