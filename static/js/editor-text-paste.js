// What is pasted from Word, Google Docs or a page of the web comes as it is meant, without the looks
// of where it was; what an article may not hold stays out by itself.

import { Extension, pm } from "django-prose-editor/editor";
import { parsed, tidied } from "marginalia/editor-text-html";

const RENAMED = { h1: "h2", h5: "h4", h6: "h4", dt: "p", dd: "p", del: "span", strike: "span" };
// What a style says that HTML has an element for.
const MEANT = [
  [/font-weight:\s*(bold|[6-9]00)/i, "strong"],
  [/font-style:\s*italic/i, "em"],
  [/vertical-align:\s*sub/i, "sub"],
  [/vertical-align:\s*super/i, "sup"],
];

const renamed = (element, tag) => {
  const made = document.createElement(tag);
  for (const { name, value } of element.attributes) made.setAttribute(name, value);
  made.append(...element.childNodes);
  element.replaceWith(made);
  return made;
};
const unwrapped = (element) => element.replaceWith(...element.childNodes);
// Its name is another since it was read: see editor-text-html.js.
const styleOf = (element) => element.dataset.style ?? "";

// Word writes lists as paragraphs whose first letters are the bullet or the number.
const listsOfWord = (root) => {
  let open = [];
  for (const line of root.querySelectorAll("p")) {
    const level = Number(/mso-list:[^;]*level(\d)/i.exec(styleOf(line))?.[1] ?? 0);
    if (!level) {
      open = [];
      continue;
    }
    const mark = line.querySelector("[data-style*='mso-list:Ignore' i]");
    const ordered = /^[\s(]*([0-9]+|[a-z]|[ivx]+)[.)]/i.test(mark?.textContent ?? line.textContent);
    mark?.remove();
    const before = line.previousElementSibling;
    if (open.length && open[0] !== before) open = [];
    open.length = Math.min(open.length, level);
    while (open.length < level) {
      const list = document.createElement(ordered ? "ol" : "ul");
      const above = open.at(-1)?.lastElementChild;
      if (above) above.append(list);
      else if (open.length) break;
      else line.before(list);
      open.push(list);
    }
    const item = document.createElement("li");
    item.append(...line.childNodes);
    open.at(-1).append(item);
    line.remove();
  }
};

export const cleaned = (html) => {
  const root = parsed(html.replace(/<!\[(?:if|endif)[^>]*>/gi, "").replace(/<\/?o:p>/gi, ""));
  for (const element of [...root.querySelectorAll("*")]) {
    if (element.localName in RENAMED) renamed(element, RENAMED[element.localName]);
  }
  listsOfWord(root);
  for (const element of [...root.querySelectorAll("b, strong, i, em")]) {
    // Google Docs wraps everything into a bold that is not bold.
    if (/font-(weight|style):\s*normal/i.test(styleOf(element))) unwrapped(element);
  }
  for (const element of [...root.querySelectorAll("span, font")]) {
    for (const [pattern, tag] of MEANT) {
      if (!pattern.test(styleOf(element))) continue;
      const made = document.createElement(tag);
      made.append(...element.childNodes);
      element.append(made);
    }
  }
  return root;
};

// Pictures of other sites are not loaded by our pages.
const ours = (image) => {
  try {
    return new URL(image.getAttribute("src"), location.href).origin === location.origin;
  } catch {
    return false;
  }
};

// `took(files, position)`: is given pictures that were pasted or dropped; `left(count)`: is told of
// pictures that stayed out.
export const pasting = ({ took, left }) => {
  const pictures = (data) => [...(data?.files ?? [])].filter((it) => it.type.startsWith("image/"));
  return Extension.create({
    name: "pasting",
    priority: 960,
    addProseMirrorPlugins() {
      const { editor } = this;
      return [
        new pm.state.Plugin({
          props: {
            transformPastedHTML: (html) => {
              // What was copied here comes as it was.
              const fromHere = html.includes("data-pm-slice");
              const root = fromHere ? parsed(html) : cleaned(html);
              const foreign = [...root.querySelectorAll("img")].filter((it) => !ours(it));
              for (const image of foreign) (image.closest("figure") ?? image).remove();
              if (foreign.length) left(foreign.length);
              return fromHere ? root.innerHTML : tidied(root).innerHTML;
            },
            handlePaste: (view, event) => {
              const files = pictures(event.clipboardData);
              // A table copied from a spreadsheet comes with a picture of itself.
              const text = event.clipboardData?.getData("text/plain")?.trim();
              if (!files.length || text) return false;
              took(files, view.state.selection.to);
              return true;
            },
            handleDrop: (view, event, _slice, moved) => {
              const files = pictures(event.dataTransfer);
              if (moved || view.dragging || !files.length) return false;
              event.preventDefault();
              const place = view.posAtCoords({ left: event.clientX, top: event.clientY });
              took(files, place?.pos ?? editor.state.selection.to);
              return true;
            },
          },
        }),
      ];
    },
  });
};
