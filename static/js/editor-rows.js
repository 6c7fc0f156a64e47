// The rows below an article's form are blocks on a phone (css/admin.css); there each field stands
// below its name, which is that of its column.

const name = (table) => {
  const names = [...table.tHead.rows[0].cells].map((it) => it.textContent.trim());
  for (const row of table.querySelectorAll("tr.form-row")) {
    for (const cell of row.cells) cell.dataset.name = names[cell.cellIndex];
  }
};

for (const table of document.querySelectorAll(".inline-group .tabular table")) name(table);
document.addEventListener("formset:added", ({ target }) => name(target.closest("table")));
