// From what the editor holds to HTML, written as a person would write it: a block a line.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;" };
const escaped = (text) => text.replace(/[&<>\u00a0]/g, (it) => ENTITIES[it]);
const start = (tag, attributes) =>
  `<${tag}${Object.entries(attributes ?? {})
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll('"', "&quot;")}"`)
    .join("")}>`;
const element = (tag, attributes, within) => `${start(tag, attributes)}${within}</${tag}>`;
const children = (node) => Array.from({ length: node.childCount }, (_, index) => node.child(index));

const LEAVES = {
  text: (node) => escaped(node.text),
  hardBreak: (node) => start("br", node.attrs.html),
  image: (node) => start("img", node.attrs.html),
  reference: ({ attrs: { number } }) =>
    `<sup><a href="#source-${number ?? "x"}">[${number ?? "?"}]</a></sup>`,
};

const line = (parent) => {
  let html = "";
  let open = [];
  const close = (marks) => marks.map((it) => `</${it.attrs.tag}>`).reverse().join("");
  for (const node of children(parent)) {
    let same = 0;
    while (same < open.length && same < node.marks.length && open[same].eq(node.marks[same])) same += 1;
    html += close(open.slice(same));
    open = node.marks;
    html += open.slice(same).map((it) => start(it.attrs.tag, it.attrs.html)).join("");
    html += LEAVES[node.type.name](node);
  }
  return html + close(open);
};
const lines = (node) => children(node).map(block).join("\n");
// Spaces at the ends of a line are not seen.
const trimmed = (node) => line(node).replace(/^ +| +$/g, "");
const lineOf = (tag) => (node) => element(tag, node.attrs.html, trimmed(node));
const list = (tag, attributes) => (node) =>
  element(tag, { ...node.attrs.html, ...attributes }, `\n${lines(node)}\n`);

// A text that was typed into a list's item or a cell needs no paragraph of its own there.
const item = (node) => {
  const [first, ...more] = children(node);
  const bare = first?.type.name === "paragraph" && first.attrs.html === null;
  if (!bare || more.some((it) => it.type.name === "paragraph")) return lines(node);
  return more.length ? `${trimmed(first)}\n${more.map(block).join("\n")}\n` : trimmed(first);
};
const cell = (tag) => (node) => {
  const { html, colspan, rowspan } = node.attrs;
  const spans = { ...(colspan > 1 && { colspan }), ...(rowspan > 1 && { rowspan }) };
  return element(tag, { ...html, ...spans }, item(node));
};

const table = (node) => {
  const sections = [];
  for (const row of children(node.lastChild)) {
    const last = sections.at(-1);
    const name = row.attrs.section ?? (last && last.name !== "thead" ? last.name : "tbody");
    const html = element("tr", row.attrs.html, children(row).map(block).join(""));
    if (last?.name === name) last.rows.push(html);
    else sections.push({ name, rows: [html] });
  }
  const written = sections.map(({ name, rows }) =>
    element(name, {}, name === "tbody" ? `\n${rows.join("\n")}\n` : rows.join("\n")),
  );
  const caption = node.childCount > 1 ? block(node.firstChild) : "";
  return element("table", node.attrs.html, `\n${[caption, ...written].filter(Boolean).join("\n")}\n`);
};

const picture = (node) => {
  const { html, image, link } = node.attrs;
  const shown = link ? element("a", link, start("img", image)) : start("img", image);
  const caption = node.childCount ? element("figcaption", {}, trimmed(node)) : "";
  return element("figure", html, shown + caption);
};

const BLOCKS = {
  paragraph: lineOf("p"),
  heading: (node) => lineOf(`h${node.attrs.level}`)(node),
  bulletList: list("ul"),
  orderedList: list("ol"),
  listItem: (node) => element("li", node.attrs.html, item(node)),
  sources: list("ol", { class: "sources" }),
  source: lineOf("li"),
  blockquote: (node) => element("blockquote", node.attrs.html, lines(node)),
  codeBlock: (node) =>
    element("pre", node.attrs.html, node.attrs.code ? element("code", {}, line(node)) : line(node)),
  horizontalRule: (node) => start("hr", node.attrs.html),
  tableBlock: table,
  tableCaption: (node) => (node.childCount ? lineOf("caption")(node) : ""),
  tableCell: cell("td"),
  tableHeader: cell("th"),
  picture,
  exhibit: (node) => element("figure", node.attrs.html, children(node).map(block).join("")),
  figcaption: (node) => (node.childCount ? lineOf("figcaption")(node) : ""),
};
const block = (node) => BLOCKS[node.type.name](node);

const isBlank = (node) =>
  node?.type.name === "paragraph" && node.attrs.html === null && !node.childCount;

// A section begins after an empty line; empty lines at the end are none.
export const written = (doc) => {
  const found = children(doc);
  while (isBlank(found.at(-1))) found.pop();
  return found
    .map((node, index) => (index && node.type.name === "heading" ? `\n${block(node)}` : block(node)))
    .join("\n");
};
