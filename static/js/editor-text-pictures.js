// Pictures for the text: from the library, from a file that was picked, dropped or pasted.

import { pm } from "django-prose-editor/editor";
import { complain, prepare } from "marginalia/editor-text-dialogs";
import { insertBlock } from "marginalia/editor-text-figures";

const PATIENCE = 60_000; // milliseconds, for a large picture over a slow line
const WAIT = 300; // after the last key of a search

const figure = (schema, picture, credit) => {
  const { src, alt, decorative, width, height, caption } = picture;
  const said = [caption, picture.credit && `${credit} ${picture.credit}`].filter(Boolean).join(" ");
  const image = { src, alt: decorative ? "" : alt, width: String(width), height: String(height) };
  return schema.nodes.picture.create({ image }, said ? schema.text(said) : null);
};

// What the site answered, or why it did not: `{status, ...}`.
const ask = async (address, options = {}) => {
  try {
    const answer = await fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      signal: AbortSignal.timeout(PATIENCE),
    });
    const said = await answer.json();
    return { status: answer.redirected ? 401 : answer.status, ...said };
  } catch {
    return { status: 0 };
  }
};

export const pictureDialog = (dialog, editor, token) => {
  const { library, upload, credit, signedOut, noAnswer } = dialog.dataset;
  const [list, search, more, said] = ["list", "search", "more", "said"].map((name) =>
    dialog.querySelector(`[data-${name}]`),
  );
  let place = 0; // where in the text
  let page = 1;
  let asked = 0;

  const tell = (text) => {
    said.textContent = text ?? "";
    said.hidden = !text;
  };
  const explain = ({ status, errors }) =>
    tell(status === 401 ? signedOut : (errors?.[""]?.join(" ") ?? noAnswer));

  const insert = (picture) => {
    dialog.close();
    const node = figure(editor.schema, picture, credit);
    const at = Math.min(place, editor.state.doc.content.size);
    // Its caption is what is written next.
    insertBlock(editor, at, node, (tr, position) =>
      tr.setSelection(pm.state.TextSelection.create(tr.doc, position + 1 + node.content.size)),
    );
  };

  const choice = (picture) => {
    const button = document.createElement("button");
    const image = document.createElement("img");
    const words = document.createElement("span");
    button.type = "button";
    image.src = picture.thumb;
    image.alt = "";
    image.loading = "lazy";
    words.textContent = picture.decorative ? dialog.dataset.decorative : picture.alt;
    if (picture.decorative && picture.caption) words.textContent += `: ${picture.caption}`;
    button.append(image, words);
    button.addEventListener("click", () => insert(picture));
    const item = document.createElement("li");
    item.append(button);
    return item;
  };

  const look = async (number) => {
    const mine = (asked += 1);
    const query = new URLSearchParams({ q: search.value.trim(), page: number });
    const answer = await ask(`${library}?${query}`);
    if (mine !== asked) return;
    if (answer.status !== 200) {
      explain(answer);
      return;
    }
    tell(number === 1 && !answer.pictures.length ? dialog.dataset.nothing : null);
    if (number === 1) list.replaceChildren();
    const first = list.children.length;
    list.append(...answer.pictures.map(choice));
    if (number > 1) list.children[first]?.querySelector("button").focus();
    page = answer.next;
    more.hidden = !page;
  };

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT, 1);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // which would upload
  });
  more.addEventListener("click", () => look(page));

  const form = dialog.querySelector("form");
  const fields = prepare(dialog, async () => {
    const mistakes = {
      file: fields.file.files.length ? null : dialog.dataset.noFile,
      alt: fields.alt.value.trim() || fields.decorative.checked ? null : dialog.dataset.noAlt,
    };
    const wrong = Object.keys(mistakes).filter((name) => !complain(fields[name], mistakes[name]));
    if (wrong.length) return fields[wrong[0]].focus();
    fields.send.disabled = true;
    tell(dialog.dataset.sending);
    const body = new FormData(form);
    const answer = await ask(upload, { method: "POST", body, headers: { "X-CSRFToken": token() } });
    fields.send.disabled = false;
    if (answer.status === 201) return insert(answer);
    tell(null);
    const told = Object.entries(answer.errors ?? {}).filter(([name]) => name in fields);
    for (const [name, texts] of told) complain(fields[name], texts.join(" "));
    if (told.length) fields[told[0][0]].focus();
    else explain(answer);
  });
  const follow = () => (fields.alt.disabled = fields.decorative.checked);
  fields.decorative.addEventListener("change", follow);

  // `files`: what was dropped or pasted; the first of them is what the dialog asks about.
  return (at, files = []) => {
    place = at;
    form.reset();
    follow();
    for (const name of ["file", "alt", "caption", "credit"]) complain(fields[name], null);
    tell(null);
    if (files.length) {
      const given = new DataTransfer();
      given.items.add(files[0]);
      fields.file.files = given.files;
    }
    search.value = "";
    list.replaceChildren();
    dialog.toggleAttribute("data-given", Boolean(files.length));
    dialog.showModal();
    if (files.length) fields.alt.focus();
    else look(1);
  };
};

// What stands for a picture where it is not seen.
export const altDialog = (dialog) => {
  let changed = null;
  const fields = prepare(dialog, () => {
    const said = fields.alt.value.trim().replaceAll(/\s+/g, " ");
    const wrong = !said && !fields.decorative.checked;
    if (!complain(fields.alt, wrong ? dialog.dataset.noAlt : null)) return fields.alt.focus();
    dialog.close();
    changed(fields.decorative.checked ? "" : said);
  });
  const follow = () => (fields.alt.disabled = fields.decorative.checked);
  fields.decorative.addEventListener("change", follow);
  // It has lines, so that all of it is seen; the text itself has none.
  fields.alt.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    fields.alt.form.requestSubmit();
  });
  return (editor, position) => {
    const { attrs } = editor.state.doc.nodeAt(position);
    const image = attrs.image ?? attrs.html;
    complain(fields.alt, null);
    fields.alt.value = image.alt ?? "";
    fields.decorative.checked = image.alt === "";
    follow();
    changed = (alt) => {
      const { tr, doc } = editor.state;
      const name = doc.nodeAt(position)?.attrs.image ? "image" : "html";
      editor.view.dispatch(tr.setNodeAttribute(position, name, { ...image, alt }));
      editor.commands.setNodeSelection(position);
      editor.view.focus();
    };
    dialog.showModal();
  };
};
