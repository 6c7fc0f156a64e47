// Tables: what the library does with rows and columns, and our caption and header row.

import { Extension, pm } from "django-prose-editor/editor";
import { insertBlock } from "marginalia/editor-text-figures";

const { TextSelection } = pm.state;
const { tables } = pm;

const around = ({ selection: { $from } }, name) => {
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === name) {
      return { node: $from.node(depth), position: $from.before(depth) };
    }
  }
  return null;
};

export const inTable = (state) => Boolean(around(state, "tableBlock"));

const insert = (editor) => {
  const { nodes } = editor.schema;
  const row = (cell, attributes, section) =>
    nodes.tableRow.create({ section }, [1, 2, 3].map(() => cell.createAndFill(attributes)));
  const rows = [
    row(nodes.tableHeader, { html: { scope: "col" } }, "thead"),
    row(nodes.tableCell, null, "tbody"),
    row(nodes.tableCell, null, "tbody"),
  ];
  const table = nodes.tableBlock.create(null, nodes.table.create(null, rows));
  insertBlock(editor, editor.state.selection.to, table, (tr, position) =>
    tr.setSelection(TextSelection.near(tr.doc.resolve(position + 1))),
  );
};

const header = (state, dispatch) => {
  const found = around(state, "table");
  const { tableCell, tableHeader } = state.schema.nodes;
  const row = found.node.firstChild;
  const at = found.position + 1;
  const isHeader = row.attrs.section === "thead" || row.firstChild?.type === tableHeader;
  const { tr } = state;
  tr.setNodeMarkup(at, null, { ...row.attrs, section: isHeader ? "tbody" : "thead" });
  row.forEach((cell, offset) => {
    const { scope: _scope, ...html } = cell.attrs.html ?? {};
    const attributes = { ...cell.attrs, html: isHeader ? html : { ...html, scope: "col" } };
    tr.setNodeMarkup(at + 1 + offset, isHeader ? tableCell : tableHeader, attributes);
  });
  dispatch(tr);
};

const caption = (state, dispatch) => {
  const { node, position } = around(state, "tableBlock");
  const { tr } = state;
  if (node.childCount < 2) tr.insert(position + 1, state.schema.nodes.tableCaption.create());
  const end = position + 2 + (node.childCount > 1 ? node.firstChild.content.size : 0);
  dispatch(tr.setSelection(TextSelection.create(tr.doc, end)).scrollIntoView());
};

const remove = (state, dispatch) => {
  const { node, position } = around(state, "tableBlock");
  const tr = state.tr.delete(position, position + node.nodeSize);
  dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(position), -1)).scrollIntoView());
};

// The last row or column is not taken away alone: a table of nothing is none.
const unless = (command, whole) => (state, dispatch) => {
  const { node } = around(state, "table");
  const { height, width } = tables.TableMap.get(node);
  return (whole === "row" ? height : width) > 1 ? command(state, dispatch) : remove(state, dispatch);
};

const inside = (command) => ({ state, view }) => {
  command(state, view.dispatch);
  view.focus();
};

// The names of buttons -> what they do; all but the first work in a table only.
const COMMANDS = {
  "row-below": tables.addRowAfter,
  "row-above": tables.addRowBefore,
  "column-right": tables.addColumnAfter,
  "column-left": tables.addColumnBefore,
  "row-delete": unless(tables.deleteRow, "row"),
  "column-delete": unless(tables.deleteColumn, "column"),
  "header-row": header,
  "table-caption": caption,
  "table-delete": remove,
};
export const tableTools = {
  table: insert,
  ...Object.fromEntries(Object.entries(COMMANDS).map(([name, it]) => [name, inside(it)])),
};

export const tableEditing = Extension.create({
  name: "tableEditing",
  priority: 930,
  addProseMirrorPlugins: () => [tables.tableEditing()],
  addKeyboardShortcuts() {
    // From the last cell Tab leaves the text, as it does everywhere else: nobody is held in a table.
    const next = (step) => () => {
      const { state, view } = this.editor;
      return tables.isInTable(state) && tables.goToNextCell(step)(state, view.dispatch);
    };
    return { Tab: next(1), "Shift-Tab": next(-1) };
  },
});
