// The fields in the rows below an article's form are named by their columns: for who does not see
// them, and on a phone, where rows are blocks (css/admin-articles.css).

const FIELDS = "input:not([type=hidden]), select, textarea, .select2-selection, [role=textbox]";

const name = (table) => {
  const names = [...table.tHead.rows[0].cells].map((it) => it.textContent.trim());
  for (const row of table.querySelectorAll("tr.form-row")) {
    for (const cell of row.cells) {
      cell.dataset.name = names[cell.cellIndex];
      for (const field of cell.querySelectorAll(FIELDS)) field.ariaLabel = names[cell.cellIndex];
    }
  }
};

// Behind the admin's own script, which draws the lists of choices when jQuery is ready.
window.django?.jQuery?.(() => {
  for (const table of document.querySelectorAll(".inline-group .tabular table")) name(table);
});
document.addEventListener("formset:added", ({ target }) => name(target.closest("table")));
