// References and the list of sources they lead to. What ties them is a key of the source; the
// numbers follow whatever is moved, added and taken away.

import { Extension, pm } from "django-prose-editor/editor";
import { sourceOf } from "marginalia/editor-text-html";

const { Plugin, TextSelection } = pm.state;

const found = (doc, name) => {
  const list = [];
  doc.descendants((node, position) => {
    if (node.type.name === name) list.push({ node, position });
  });
  return list;
};

export const sourcesOf = (doc) =>
  found(doc, "source").map(({ node, position }, index) => ({
    key: node.attrs.key,
    number: index + 1,
    text: node.textContent,
    position,
  }));

// Keys of this page: what is pasted from another one ties nothing here.
const OURS = `${Math.random().toString(36).slice(2)}-`;
const NONE = "none";
let last = 0;
const nextKey = () => `${OURS}${(last += 1)}`;

// Gives a text that is read their keys; one that leads nowhere stays as it was written.
export const keyed = (root) => {
  const keys = [...root.querySelectorAll("ol.sources > li")].map((it) => (it.dataset.key = nextKey()));
  for (const sup of root.querySelectorAll("sup")) {
    const number = sourceOf(sup);
    if (number) sup.dataset.source = keys[number - 1] ?? NONE;
  }
  return root;
};

const renumbered = (state) => {
  const { tr } = state;
  const sources = found(state.doc, "source");
  const own = sources.map(({ node }) => node.attrs.key);
  own.forEach((key, index) => {
    // Enter at the beginning of a source: the new one is the empty one before it.
    const isPushed = key && key === own[index + 1] && !sources[index].node.childCount;
    if (isPushed) own[index] = null;
  });
  const keys = new Map();
  sources.forEach(({ node, position }, index) => {
    const known = own[index]?.startsWith(OURS) && !keys.has(own[index]);
    const key = known ? own[index] : nextKey(); // new, or pasted
    if (key !== node.attrs.key) tr.setNodeAttribute(position, "key", key);
    keys.set(key, index + 1);
  });
  for (const { node, position } of found(state.doc, "reference")) {
    const { source, number } = node.attrs;
    const now = keys.get(source) ?? null;
    if (source !== NONE && now !== number) tr.setNodeAttribute(position, "number", now);
  }
  return tr.steps.length ? tr : null;
};

// Adds a reference at the cursor, to the source of a key or to a new one: `{text, address}`.
export const addReference = (editor, { key, text, address }) => {
  const { state, view } = editor;
  const { schema } = state;
  const { reference, source, sources, heading } = schema.nodes;
  const { tr } = state;
  const at = state.selection.to;
  if (!key) {
    key = nextKey();
    const link = address && schema.marks.link.create({ html: { href: address } });
    const shown = address ? schema.text(text || address, [link]) : schema.text(text);
    const item = source.create({ key }, shown);
    const list = found(state.doc, "sources").at(-1);
    if (list) tr.insert(list.position + list.node.nodeSize - 1, item);
    else {
      const title = heading.create({ level: 2 }, schema.text(editor.storage.numbering.title));
      tr.insert(tr.doc.content.size, [title, sources.create(null, item)]);
    }
  }
  const number = sourcesOf(tr.doc).find((it) => it.key === key)?.number ?? null;
  tr.insert(at, reference.create({ source: key, number }));
  tr.setSelection(TextSelection.create(tr.doc, at + 1));
  view.dispatch(tr.scrollIntoView());
};

export const sources = (title) =>
  Extension.create({
    name: "numbering",
    priority: 940,
    addStorage: () => ({ title }),
    addProseMirrorPlugins: () => [
      new Plugin({
        appendTransaction: (transactions, _old, state) =>
          transactions.some((it) => it.docChanged) ? renumbered(state) : null,
      }),
    ],
    addKeyboardShortcuts: () => ({
      // An empty source at the end is left, as an empty item of a list is.
      Enter: ({ editor: { state, view } }) => {
        const { $from, empty } = state.selection;
        const { parent } = $from;
        if (!empty || parent.type.name !== "source" || parent.childCount) return false;
        if ($from.index(-1) !== $from.node(-1).childCount - 1) return false;
        const only = $from.node(-1).childCount === 1;
        const after = $from.after(-1);
        const { tr } = state;
        tr.insert(after, state.schema.nodes.paragraph.create());
        tr.setSelection(TextSelection.create(tr.doc, after + 1));
        tr.delete(only ? $from.before(-1) : $from.before(), only ? after : $from.after());
        view.dispatch(tr.scrollIntoView());
        return true;
      },
      Backspace: ({ editor: { state, view } }) => {
        const { $from, empty } = state.selection;
        const { parent } = $from;
        if (!empty || parent.type.name !== "source" || parent.childCount) return false;
        const only = $from.node(-1).childCount === 1;
        view.dispatch(
          only
            ? state.tr.delete($from.before(-1), $from.after(-1))
            : state.tr.delete($from.before(), $from.after()),
        );
        return true;
      },
    }),
  });
