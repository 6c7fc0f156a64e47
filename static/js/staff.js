// Recovery codes: one click copies or prints them. Without this they are selected by hand.
for (const tools of document.querySelectorAll(".staff-tools")) tools.hidden = false;

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button[data-copy], button[data-print]");
  if (!button) return;
  if ("print" in button.dataset) return window.print();
  const codes = document.querySelectorAll(`#${button.dataset.copy} code`);
  try {
    await navigator.clipboard.writeText([...codes].map((code) => code.textContent).join("\n"));
    button.textContent = button.dataset.done;
  } catch {
    // No clipboard without https: select them instead, so that one key copies.
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
  }
});
