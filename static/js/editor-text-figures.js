// Pictures in the text: taken as one with their figure, and never lost to a key. In ProseMirror what
// is typed while a node is selected takes its place; here it goes beside it.

import { Extension, pm } from "django-prose-editor/editor";

const { NodeSelection, Plugin, TextSelection } = pm.state;

const chosen = ({ selection }) => (selection instanceof NodeSelection ? selection : null);

// The cursor in an empty paragraph at `position`, which is made where there is none.
const goTo = (state, position) => {
  const { tr } = state;
  const next = tr.doc.resolve(position).nodeAfter;
  if (next?.type.name !== "paragraph" || next.childCount) {
    tr.insert(position, state.schema.nodes.paragraph.create());
  }
  return tr.setSelection(TextSelection.create(tr.doc, position + 1)).scrollIntoView();
};
// The cursor where somebody goes on who types: in a picture's caption, behind what stands in a
// line, below anything else.
const goOn = (state) => {
  const { node, from, to } = chosen(state);
  if (node.type.name !== "picture" && !node.isInline) return goTo(state, to);
  const position = node.isInline ? to : from + 1 + node.content.size;
  return state.tr.setSelection(TextSelection.create(state.doc, position)).scrollIntoView();
};

// Puts a block where `at` is, in place of an empty paragraph, else before or behind the line there and
// never into it; `settle(tr, position)` says where the cursor goes.
export const insertBlock = (editor, at, node, settle) => {
  const { tr, doc } = editor.state;
  const $at = doc.resolve(at);
  const holds = (depth, index) => $at.node(depth).canReplaceWith(index, index, node.type);
  let position = at;
  for (let depth = $at.depth; depth > 0; depth -= 1) {
    if (!holds(depth - 1, $at.indexAfter(depth - 1))) continue;
    const { parent } = $at;
    const isBlank = depth === $at.depth && parent.type.name === "paragraph" && !parent.childCount;
    position = isBlank || $at.pos === $at.start(depth) ? $at.before(depth) : $at.after(depth);
    if (isBlank) tr.delete($at.before(depth), $at.after(depth));
    break;
  }
  settle(tr.insert(position, node), position);
  editor.view.dispatch(tr.scrollIntoView());
  editor.view.focus();
};

const guard = new Plugin({
  props: {
    handleTextInput(view, _from, _to, text) {
      if (!chosen(view.state)) return false;
      view.dispatch(goOn(view.state).insertText(text));
      return true;
    },
    handlePaste(view) {
      const selection = chosen(view.state);
      if (selection && !selection.node.isInline) view.dispatch(goTo(view.state, selection.to));
      else if (selection) view.dispatch(goOn(view.state));
      return false;
    },
    handleDOMEvents: {
      // On a slow machine a key may come before the news of where the cursor has gone.
      keydown(_view, { key }) {
        if (["Backspace", "Delete", "Enter"].includes(key)) {
          document.dispatchEvent(new Event("selectionchange"));
        }
        return false;
      },
      // Letters made of several keys, and the keyboards of telephones.
      compositionstart(view) {
        if (chosen(view.state)) view.dispatch(goOn(view.state));
        return false;
      },
    },
  },
});

// Below a table or a figure at the end there is a line to go on in; nothing is written of it.
export const ended = (doc) => {
  const { paragraph } = doc.type.schema.nodes;
  const { lastChild } = doc;
  return lastChild.type === paragraph ? doc : doc.copy(doc.content.addToEnd(paragraph.create()));
};
const end = new Plugin({
  appendTransaction: (transactions, _old, { doc, tr, schema }) =>
    transactions.some((it) => it.docChanged) && ended(doc) !== doc
      ? tr.insert(doc.content.size, schema.nodes.paragraph.create())
      : null,
});

const pick = (view, position) =>
  view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, position)));

export const captions = Extension.create({
  name: "captions",
  priority: 950,
  addProseMirrorPlugins: () => [guard, end],
  addKeyboardShortcuts() {
    // Where the cursor is in a caption: how deep what it belongs to is.
    const depthOf = ({ $from, empty }) => {
      const name = $from.parent.type.name;
      if (!empty || !["picture", "figcaption", "tableCaption"].includes(name)) return 0;
      return name === "picture" ? $from.depth : $from.depth - 1;
    };
    return {
      Enter: ({ editor: { state, view } }) => {
        const depth = depthOf(state.selection);
        const selection = chosen(state);
        if (depth) view.dispatch(goTo(state, state.selection.$from.after(depth)));
        else if (selection && !selection.node.isInline) view.dispatch(goTo(state, selection.to));
        else return false;
        return true;
      },
      // At its start the picture itself is taken, so that the next press deletes it as a whole.
      Backspace: ({ editor: { state, view } }) => {
        const { $from } = state.selection;
        const depth = depthOf(state.selection);
        if (!depth || $from.parentOffset) return false;
        if ($from.parent.type.name === "picture") pick(view, $from.before());
        else if (!$from.parent.childCount) view.dispatch(state.tr.delete($from.before(), $from.after()));
        return true;
      },
    };
  },
});

// --- what is seen of one ----------------------------------------------------------------------

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// `words`: what is said beside a picture; `change(editor, position)` opens what changes one.
export const pictureView = (words, change) => () => ({ node, view, editor, getPos }) => {
  const image = element("img", { src: "" });
  const said = element("span", { class: "text-alt" });
  const button = element("button", { type: "button", class: "text-change" }, words.change);
  const shown = element("div", { class: "text-picture", contenteditable: "false" });
  shown.append(image, element("div", { class: "text-picture-foot" }, said, button));
  const contentDOM = element("figcaption", { "data-placeholder": words.caption });
  const dom = element("figure", {}, shown, contentDOM);

  const draw = ({ attrs, childCount }) => {
    for (const name of ["src", "alt", "width", "height"]) {
      const value = attrs.image[name] ?? "";
      if (image.getAttribute(name) !== value) image.setAttribute(name, value);
    }
    const { alt } = attrs.image;
    said.textContent = alt ? `${words.alt} ${alt}` : alt === undefined ? words.noAlt : words.decorative;
    said.classList.toggle("text-alt-missing", alt === undefined);
    contentDOM.classList.toggle("text-empty", !childCount);
  };
  draw(node);
  shown.addEventListener("mousedown", (event) => {
    if (event.target === button) return;
    if (event.target !== image) event.preventDefault(); // or it could not be dragged
    view.focus();
    pick(view, getPos());
  });
  shown.addEventListener("dblclick", () => change(editor, getPos()));
  button.addEventListener("click", () => change(editor, getPos()));
  return {
    dom,
    contentDOM,
    update: (next) => {
      if (next.type.name !== "picture") return false;
      draw(next);
      return true;
    },
    ignoreMutation: (it) => it.type !== "selection" && shown.contains(it.target),
    stopEvent: (event) => shown.contains(event.target) && !/^drag|^drop/.test(event.type),
  };
};
