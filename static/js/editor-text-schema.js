// What a text may be made of in the editor: no more and no less than articles/html.py keeps.

import { Document, HardBreak, ListItem, Mark, Node, Text } from "django-prose-editor/editor";
import { attributesOf, pictureOf, sourceOf } from "marginalia/editor-text-html";

const hidden = (value = null) => ({ default: value, rendered: false, parseHTML: () => null });
// The attributes that an element came with. Null: it stood in no text, the editor made it.
const html = (...others) => ({
  default: null,
  keepOnSplit: false,
  parseHTML: (element) => attributesOf(element, ...others),
  renderHTML: (attributes) => attributes.html ?? {},
});
const node = (name, { attributes = {}, ...spec }) =>
  Node.create({ name, ...spec, addAttributes: () => ({ html: html(), ...attributes }) });
const rule = (tag, more) => ({ parseHTML: () => [{ tag, ...more }] });
const shown = (tag) => ({ renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0] });
const simple = (tag) => ({ ...rule(tag), ...shown(tag) });

// --- within a line ----------------------------------------------------------------------------

// Those first are written outside of those that follow.
const MARKS = [
  ["link", ["a[href]"]],
  ["bold", ["strong", "b"], "Mod-b"],
  ["italic", ["em", "i"], "Mod-i"],
  ["subscript", ["sub"], "Mod-,"],
  ["superscript", ["sup"], "Mod-."],
  ["abbreviation", ["abbr"]],
  ["cite", ["cite"]],
  ["code", ["code"], "Mod-e"],
];
const marks = MARKS.map(([name, tags, key], index) =>
  Mark.create({
    name,
    priority: 900 - index,
    inclusive: name !== "link" && name !== "abbreviation",
    parseHTML: () => tags.map((tag) => ({ tag })),
    renderHTML: ({ mark }) => [mark.attrs.tag, mark.attrs.html ?? {}, 0],
    addAttributes: () => ({
      tag: { default: tags[0].split("[")[0], parseHTML: (it) => it.localName, rendered: false },
      html: html(),
    }),
    addKeyboardShortcuts() {
      return key ? { [key]: () => this.editor.commands.toggleMark(name) } : {};
    },
  }),
);

const image = node("image", {
  inline: true,
  group: "inline",
  draggable: true,
  ...rule("img"),
  renderHTML: ({ HTMLAttributes }) => ["img", HTMLAttributes],
});

// `source` is the key of an item of the sources, `number` what readers see; null where it is gone.
// The keys stand in the page alone, so that what is moved keeps them: see editor-text-sources.js.
const reference = node("reference", {
  inline: true,
  group: "inline",
  atom: true,
  attributes: {
    source: { ...hidden(), parseHTML: (it) => it.dataset.source ?? null },
    number: { ...hidden(), parseHTML: (it) => (it.dataset.source && Number(sourceOf(it))) || null },
  },
  ...rule("sup", { priority: 60, getAttrs: (it) => (sourceOf(it) ? null : false) }),
  renderHTML: ({ node: { attrs } }) => [
    "sup",
    { class: attrs.number ? "reference" : "reference text-lost", "data-source": attrs.source ?? "" },
    ["a", { href: `#source-${attrs.number ?? "x"}` }, `[${attrs.number ?? "?"}]`],
  ],
});

// --- lines and blocks -------------------------------------------------------------------------

const paragraph = node("paragraph", {
  priority: 1000,
  group: "block",
  content: "inline*",
  ...simple("p"),
  addKeyboardShortcuts() {
    return { "Mod-Alt-0": () => this.editor.commands.setNode("paragraph") };
  },
});

const heading = node("heading", {
  group: "block",
  content: "inline*",
  defining: true,
  attributes: { level: { ...hidden(2), parseHTML: (it) => Number(it.localName.slice(1)) } },
  parseHTML: () => ["h2", "h3", "h4"].map((tag) => ({ tag })),
  renderHTML: ({ node: { attrs }, HTMLAttributes }) => [`h${attrs.level}`, HTMLAttributes, 0],
  addKeyboardShortcuts() {
    const to = (level) => () => this.editor.commands.toggleNode("heading", "paragraph", { level });
    return { "Mod-Alt-2": to(2), "Mod-Alt-3": to(3), "Mod-Alt-4": to(4) };
  },
});

const list = (name, tag, key) =>
  node(name, {
    group: "block list",
    content: "listItem+",
    ...simple(tag),
    addKeyboardShortcuts() {
      return { [key]: () => this.editor.commands.toggleList(name, "listItem") };
    },
  });

const listItem = ListItem.extend({
  content: "block+",
  addAttributes: () => ({ html: html() }),
});

const blockquote = node("blockquote", {
  group: "block",
  content: "block+",
  defining: true,
  ...simple("blockquote"),
  addKeyboardShortcuts() {
    return { "Mod-Shift-b": () => this.editor.commands.toggleWrap("blockquote") };
  },
});

const onlyCode = (pre) => {
  const [first, ...more] = pre.childNodes;
  return first?.localName === "code" && !more.length && !first.attributes.length ? first : null;
};
const codeBlock = node("codeBlock", {
  group: "block",
  content: "text*",
  code: true,
  defining: true,
  attributes: { code: { ...hidden(true), parseHTML: (it) => Boolean(onlyCode(it)) } },
  ...rule("pre", { preserveWhitespace: "full", contentElement: (it) => onlyCode(it) ?? it }),
  renderHTML: ({ HTMLAttributes }) => ["pre", HTMLAttributes, 0],
  addKeyboardShortcuts() {
    return { "Mod-Alt-c": () => this.editor.commands.toggleNode("codeBlock", "paragraph") };
  },
});

const horizontalRule = node("horizontalRule", {
  group: "block",
  ...rule("hr"),
  renderHTML: ({ HTMLAttributes }) => ["hr", HTMLAttributes],
});

// --- tables: what is seen of one is a caption and rows, for which the library has its own node ---

const span = (name) => ({
  default: 1,
  parseHTML: (it) => Math.max(1, Number(it.getAttribute(name)) || 1),
  renderHTML: (attributes) => (attributes[name] > 1 ? { [name]: attributes[name] } : {}),
});
const cell = (name, tag, tableRole) =>
  node(name, {
    content: "block+",
    tableRole,
    isolating: true,
    attributes: {
      html: html("colspan", "rowspan"),
      colspan: span("colspan"),
      rowspan: span("rowspan"),
      colwidth: hidden(),
    },
    ...simple(tag),
  });

const sectionOf = (row) => /^t(head|body|foot)$/.exec(row.parentNode?.localName)?.[0] ?? null;

const tables = [
  node("tableBlock", {
    group: "block",
    content: "tableCaption? table",
    isolating: true,
    selectable: true,
    parseHTML: () => [{ tag: "table" }, { tag: "div[data-table]" }],
    renderHTML: () => ["div", { "data-table": "" }, 0],
  }),
  node("tableCaption", {
    content: "inline*",
    isolating: true,
    parseHTML: () => [{ tag: "caption" }, { tag: "p[data-caption]", priority: 60 }],
    renderHTML: () => ["p", { "data-caption": "" }, 0],
  }),
  node("table", {
    content: "tableRow+",
    tableRole: "table",
    // By the roles the library knows the parts of a table.
    extendNodeSchema: ({ config: { tableRole } }) => (tableRole ? { tableRole } : {}),
    ...rule("table", { priority: 60, context: "tableBlock/" }),
    renderHTML: () => ["table", ["tbody", 0]],
  }),
  node("tableRow", {
    content: "(tableCell | tableHeader)*",
    tableRole: "row",
    attributes: {
      section: { ...hidden(), keepOnSplit: false, parseHTML: sectionOf },
    },
    ...simple("tr"),
  }),
  cell("tableCell", "td", "cell"),
  cell("tableHeader", "th", "header_cell"),
];

// --- figures: of a picture, whose caption is all that can be typed into; and of anything else ----

const pictureRendering = ({ node: { attrs } }) => {
  const img = ["img", attrs.image];
  return ["figure", attrs.html ?? {}, attrs.link ? ["a", attrs.link, img] : img, ["figcaption", 0]];
};
const picture = node("picture", {
  group: "block",
  content: "inline*",
  isolating: true,
  attributes: {
    image: { ...hidden({}), parseHTML: (it) => pictureOf(it)?.image ?? null },
    link: { ...hidden(), parseHTML: (it) => pictureOf(it)?.link ?? null },
  },
  ...rule("figure", {
    priority: 60,
    getAttrs: (it) => (pictureOf(it) ? null : false),
    contentElement: (it) => it.querySelector("figcaption") ?? document.createElement("div"),
  }),
  renderHTML: pictureRendering,
});

const exhibits = [
  node("exhibit", { group: "block", content: "block+ figcaption?", defining: true, ...simple("figure") }),
  node("figcaption", { content: "inline*", isolating: true, ...simple("figcaption") }),
];

// --- sources ----------------------------------------------------------------------------------

const sources = [
  node("sources", {
    group: "block",
    content: "source+",
    defining: true,
    attributes: { html: html("class") },
    ...rule("ol.sources", { priority: 60 }),
    renderHTML: ({ HTMLAttributes }) => ["ol", { ...HTMLAttributes, class: "sources" }, 0],
  }),
  node("source", {
    content: "inline*",
    defining: true,
    attributes: {
      key: {
        default: null,
        keepOnSplit: false,
        parseHTML: (it) => it.dataset.key ?? null,
        renderHTML: ({ key }) => ({ "data-key": key ?? "" }),
      },
    },
    ...rule("li", {
      priority: 60,
      context: "sources/",
      contentElement: (it) => (it.children.length === 1 && it.querySelector(":scope > p")) || it,
    }),
    ...shown("li"),
  }),
];

export const schema = [
  Document,
  Text,
  HardBreak.extend({ addAttributes: () => ({ html: html() }) }),
  ...marks,
  image,
  reference,
  paragraph,
  heading,
  list("bulletList", "ul", "Mod-Shift-8"),
  list("orderedList", "ol", "Mod-Shift-7"),
  listItem,
  blockquote,
  codeBlock,
  horizontalRule,
  ...tables,
  picture,
  ...exhibits,
  ...sources,
];
