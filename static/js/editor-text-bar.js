// The buttons over the text: one stop for the Tab key, arrows between them, each told as pressed or
// not.

import { pm } from "django-prose-editor/editor";
import { insertBlock } from "marginalia/editor-text-figures";
import { inTable, tableTools } from "marginalia/editor-text-tables";

const mark = (name) => ({
  run: (editor) => editor.chain().focus().toggleMark(name).run(),
  on: (editor) => editor.isActive(name),
});
const list = (name) => ({
  run: (editor) => editor.chain().focus().toggleList(name, "listItem").run(),
  on: (editor) => editor.isActive(name),
});
const rule = (editor) => {
  const line = editor.schema.nodes.horizontalRule.create();
  insertBlock(editor, editor.state.selection.to, line, (tr, position) => {
    const below = position + 1;
    if (!tr.doc.resolve(below).nodeAfter) tr.insert(below, editor.schema.nodes.paragraph.create());
    tr.setSelection(pm.state.TextSelection.near(tr.doc.resolve(below)));
  });
};

const TOOLS = {
  bold: mark("bold"),
  italic: mark("italic"),
  code: mark("code"),
  subscript: mark("subscript"),
  superscript: mark("superscript"),
  bullets: list("bulletList"),
  numbers: list("orderedList"),
  quote: {
    run: (editor) => editor.chain().focus().toggleWrap("blockquote").run(),
    on: (editor) => editor.isActive("blockquote"),
  },
  "code-block": {
    run: (editor) => editor.chain().focus().toggleNode("codeBlock", "paragraph").run(),
    on: (editor) => editor.isActive("codeBlock"),
  },
  rule: { run: rule },
  undo: { run: (editor) => editor.chain().focus().undo().run(), can: (editor) => editor.can().undo() },
  redo: { run: (editor) => editor.chain().focus().redo().run(), can: (editor) => editor.can().redo() },
  ...Object.fromEntries(Object.entries(tableTools).map(([name, run]) => [name, { run }])),
};

// `others`: buttons that the caller knows about, as those above.
export const bar = (element, editor, others) => {
  const tools = { ...TOOLS, ...others };
  const style = element.querySelector("select");
  const buttons = [...element.querySelectorAll("button[data-tool]")];
  const ofTables = element.querySelector("[data-tables]");
  let soon = 0;

  const show = () => {
    soon = 0;
    ofTables.hidden = ofTables.dataset.tables === "never" || !inTable(editor.state);
    for (const button of buttons) {
      const { on, can } = tools[button.dataset.tool];
      if (on) button.setAttribute("aria-pressed", String(on(editor)));
      // Not `disabled`: whoever stands on it would be thrown out of the bar.
      if (can) button.setAttribute("aria-disabled", String(!can(editor)));
    }
    const level = [2, 3, 4].find((it) => editor.isActive("heading", { level: it }));
    style.value = level ? String(level) : "";
  };
  editor.on("transaction", () => (soon ||= requestAnimationFrame(show)));
  show();

  // With the arrow keys each step is a change: whoever uses them stays until Esc.
  let byKey = false;
  style.addEventListener("keydown", () => (byKey = true));
  style.addEventListener("pointerdown", () => (byKey = false));
  style.addEventListener("change", () => {
    const level = Number(style.value);
    const chain = byKey ? editor.chain() : editor.chain().focus();
    (level ? chain.setNode("heading", { level }) : chain.setNode("paragraph")).run();
  });
  element.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault(); // the text keeps the focus
  });
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-tool]");
    if (button && button.getAttribute("aria-disabled") !== "true") tools[button.dataset.tool].run(editor);
  });

  const stops = () => [style, ...buttons].filter((it) => !it.closest("[hidden]"));
  const stopAt = (target) => {
    for (const it of [style, ...buttons]) it.tabIndex = it === target ? 0 : -1;
  };
  stopAt(style);
  element.addEventListener("focusin", (event) => {
    if (event.target.matches("select, button")) stopAt(event.target);
  });
  element.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(event.target);
    const to = {
      ArrowRight: (at + 1) % all.length,
      ArrowLeft: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (event.key === "Escape") editor.view.focus();
    if (to === undefined) return;
    event.preventDefault();
    all[to].focus();
  });
  return {
    focus: () => (stops().find((it) => it.tabIndex === 0) ?? stops()[0]).focus(),
    // Whether there is a text to work on, or its HTML.
    follow: (isText) => {
      for (const it of element.querySelectorAll("[data-writing]")) it.hidden = !isText;
      ofTables.dataset.tables = isText ? "" : "never";
      show();
      if (!stops().some((it) => it.tabIndex === 0)) stopAt(stops()[0]);
    },
  };
};
