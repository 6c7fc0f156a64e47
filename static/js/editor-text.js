// The body of an article as it will look, in place of its HTML. The textarea stays what is sent: it
// is written to with each change, and read whenever somebody else writes there. A text that is not
// changed stays what it was, and one that cannot be shown whole stays HTML.

import { Dropcursor, Editor, Extension, Gapcursor, getSchema, History, pm } from "django-prose-editor/editor";
import { bar } from "marginalia/editor-text-bar";
import { linkDialog, sourceDialog } from "marginalia/editor-text-dialogs";
import { captions, ended, pictureView } from "marginalia/editor-text-figures";
import { allow, parsed, same, tidied } from "marginalia/editor-text-html";
import { pasting } from "marginalia/editor-text-paste";
import { altDialog, pictureDialog } from "marginalia/editor-text-pictures";
import { schema } from "marginalia/editor-text-schema";
import { keyed, sources } from "marginalia/editor-text-sources";
import { tableEditing } from "marginalia/editor-text-tables";
import { written } from "marginalia/editor-text-write";

const { closeHistory } = pm.history;

const start = (textarea, template) => {
  allow(JSON.parse(textarea.dataset.richText));
  const parts = document.importNode(template.content, true);
  const frame = parts.querySelector(".rich-text");
  const page = frame.querySelector("[data-page]");
  const note = frame.querySelector("[data-note]");
  const dialogs = Object.fromEntries(
    [...parts.querySelectorAll("dialog")].map((it) => [it.dataset.dialog, it]),
  );
  const words = frame.dataset;
  const label = document.querySelector(`label[for="${textarea.id}"]`);
  const hadFocus = document.activeElement === textarea;

  const ask = {};
  const say = (text) => {
    note.textContent = text ?? "";
    note.hidden = !text;
  };
  const keys = Extension.create({
    name: "keys",
    priority: 990,
    addKeyboardShortcuts: () => ({
      "Mod-k": () => ask.link() ?? true,
      "Alt-F10": () => ask.bar() ?? true,
      Escape: () => ask.bar() ?? true,
    }),
  });
  const extensions = [
    ...schema.map((it) =>
      it.name === "picture"
        ? it.extend({ addNodeView: () => pictureView(words, (...at) => ask.alt(...at))() })
        : it,
    ),
    Dropcursor,
    Gapcursor,
    History,
    keys,
    captions,
    pasting({
      took: (files, position) => ask.picture(position, files),
      left: () => say(words.foreign),
    }),
    sources(words.sources),
    tableEditing,
  ];
  const reader = pm.model.DOMParser.fromSchema(getSchema(extensions));

  // The document that shows `html` without losing anything that may be kept; null if there is none.
  const read = (html, by = reader) => {
    const root = tidied(parsed(html));
    const doc = by.parse(keyed(root.cloneNode(true)));
    return same(root, parsed(written(doc))) ? ended(doc) : null;
  };

  const first = read(textarea.value);
  textarea.before(frame);
  frame.append(textarea);
  document.body.append(...Object.values(dialogs));
  textarea.required = false; // the browser could not show where; the server asks for it
  const editor = new Editor({
    element: page,
    extensions,
    injectCSS: false,
    content: first?.toJSON() ?? null,
    editorProps: {
      attributes: {
        class: "text-body",
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": words.label,
        "aria-required": "true",
        "aria-invalid": textarea.getAttribute("aria-invalid") ?? "false",
        "aria-describedby": textarea.getAttribute("aria-describedby") ?? "",
      },
    },
  });
  const inside = pm.model.DOMParser.fromSchema(editor.schema);
  // Each text that was read, with what it looked like: whoever comes back to it has changed nothing.
  const known = [{ html: textarea.value, doc: editor.state.doc }];
  let last = textarea.value;

  const mode = () => frame.dataset.mode;
  const show = (name) => {
    frame.dataset.mode = name;
    page.hidden = name === "html";
    textarea.hidden = name !== "html";
    frame.querySelector("[data-source]").setAttribute("aria-pressed", String(name === "html"));
    tools.follow(name === "text");
  };
  // Takes over what stands in the textarea, or leaves it to be written there.
  const take = () => {
    last = textarea.value;
    const doc = read(last, inside);
    if (!doc) {
      say(words.kept);
      show("html");
      return false;
    }
    if (!doc.eq(editor.state.doc)) {
      const { tr } = editor.state;
      tr.replaceWith(0, tr.doc.content.size, doc.content).setMeta("taken", true);
      // A step of its own to undo.
      editor.view.dispatch(closeHistory(tr));
      editor.view.dispatch(closeHistory(editor.state.tr));
    }
    known.push({ html: last, doc: editor.state.doc });
    say(null);
    show("text");
    return true;
  };

  editor.on("update", ({ transaction }) => {
    if (transaction.getMeta("taken")) return;
    const { doc } = editor.state;
    last = known.findLast((it) => it.doc.eq(doc))?.html ?? written(doc);
    textarea.value = last;
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  });
  textarea.addEventListener("input", () => {
    if (textarea.value !== last && mode() === "text") take();
  });
  // A browser may put back what was written before the page was left.
  for (const type of ["load", "pageshow"]) {
    addEventListener(type, () => textarea.value !== last && mode() === "text" && take());
  }

  ask.link = linkDialog(dialogs.link, editor);
  ask.source = sourceDialog(dialogs.source, editor);
  ask.alt = altDialog(dialogs.alt);
  const token = () => textarea.form.elements.csrfmiddlewaretoken.value;
  ask.picture = pictureDialog(dialogs.picture, editor, token);
  const chosen = ({ state: { selection } }) => ["picture", "image"].includes(selection.node?.type.name);
  const tools = bar(frame.querySelector("[role=toolbar]"), editor, {
    link: { run: ask.link, on: (it) => it.isActive("link") },
    source: { run: ask.source },
    picture: {
      run: (it) => {
        const { from, to } = it.state.selection;
        if (chosen(it)) ask.alt(it, from);
        else ask.picture(to);
      },
      on: chosen,
    },
    html: {
      run: () => {
        if (mode() === "text") {
          show("html");
          textarea.focus();
        } else if (take()) editor.view.focus();
      },
    },
  });
  ask.bar = tools.focus;
  for (const dialog of Object.values(dialogs)) {
    dialog.addEventListener("close", () => mode() === "text" && editor.view.focus());
  }
  label?.addEventListener("click", () => mode() === "text" && editor.view.focus());

  show(first ? "text" : "html");
  if (!first) say(words.kept);
  if (hadFocus && first) editor.view.focus();
};

const textarea = document.querySelector("textarea[data-rich-text]");
const template = document.getElementById("rich-text");
if (textarea && template) {
  try {
    start(textarea, template);
  } catch (error) {
    // Then it is written as without a script.
    const frame = textarea.closest(".rich-text");
    frame?.replaceWith(textarea);
    textarea.hidden = false;
    reportError(error);
  }
}
