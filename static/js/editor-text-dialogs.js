// The small windows of the rich-text editor: for a link and for a source. Their markup, and so their
// words, come with the page.

import { leads } from "marginalia/editor-text-html";
import { addReference, sourcesOf } from "marginalia/editor-text-sources";

// Says what is wrong beside a field; with nothing to say, takes that back.
export const complain = (field, said) => {
  const place = document.getElementById(field.getAttribute("aria-describedby").split(" ").at(-1));
  place.textContent = said ?? "";
  place.hidden = !said;
  if (said) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  return !said;
};
const content = (form) =>
  Object.fromEntries([...form.elements].filter((it) => it.name).map((it) => [it.name, it]));

export const prepare = (dialog, save) => {
  const form = dialog.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(event.submitter?.value);
  });
  dialog.querySelectorAll("[data-close]").forEach((it) => it.addEventListener("click", () => dialog.close()));
  return content(form);
};

// `example.com/a` and `kim@example.com` are what people write.
export const address = (written) => {
  const text = written.trim();
  if (/^[^\s@/:]+@[^\s@/]+\.[a-z]{2,}$/i.test(text)) return `mailto:${text}`;
  if (/^([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?([/?#]|$)/i.test(text)) return `https://${text}`;
  return text;
};

export const linkDialog = (dialog, editor) => {
  const fields = prepare(dialog, (choice) => {
    if (choice === "remove") {
      dialog.close();
      editor.chain().focus().extendMarkRange("link").unsetMark("link").run();
      return;
    }
    const href = address(fields.address.value);
    const wrong = !href ? "empty" : leads(href) ? null : "wrong";
    if (!complain(fields.address, wrong && dialog.dataset[wrong])) return fields.address.focus();
    const text = fields.text.value.trim() || href;
    dialog.close();
    const { html } = editor.getAttributes("link");
    const link = { type: "link", attrs: { html: { ...html, href } } };
    if (editor.isActive("link")) {
      editor.chain().focus().extendMarkRange("link").setMark("link", link.attrs).run();
    } else if (editor.state.selection.empty) {
      editor.chain().focus().insertContent({ type: "text", text, marks: [link] }).run();
    } else editor.chain().focus().setMark("link", link.attrs).run();
  });
  return () => {
    const isLink = editor.isActive("link");
    complain(fields.address, null);
    fields.address.value = isLink ? (editor.getAttributes("link").html?.href ?? "") : "";
    fields.text.value = "";
    fields.text.closest("p").hidden = isLink || !editor.state.selection.empty;
    dialog.querySelector("[value=remove]").hidden = !isLink;
    dialog.showModal();
    fields.address.select();
  };
};

export const sourceDialog = (dialog, editor) => {
  const known = dialog.querySelector("[data-known]");
  const fields = prepare(dialog, () => {
    const key = fields.source.value;
    const text = fields.text.value.trim();
    const href = address(fields.address.value);
    if (!key) {
      const wrong = [
        [fields.text, !text && !href ? dialog.dataset.empty : null],
        [fields.address, href && !leads(href) ? dialog.dataset.wrong : null],
      ].filter(([field, said]) => !complain(field, said));
      if (wrong.length) return wrong[0][0].focus();
    }
    dialog.close();
    addReference(editor, key ? { key } : { text, address: href });
    editor.view.focus();
  });
  const follow = () => (dialog.querySelector("[data-new]").hidden = Boolean(fields.source.value));
  fields.source.addEventListener("change", follow);
  return () => {
    for (const field of [fields.text, fields.address]) {
      field.value = "";
      complain(field, null);
    }
    const sources = sourcesOf(editor.state.doc);
    fields.source.length = 1; // the first is a new one
    for (const { key, number, text } of sources) {
      fields.source.add(new Option(`[${number}] ${text.slice(0, 80)}`, key));
    }
    known.hidden = !sources.length;
    fields.source.value = "";
    follow();
    dialog.showModal();
    (sources.length ? fields.source : fields.text).focus();
  };
};
