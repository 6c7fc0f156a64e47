// HTML on its way into the rich-text editor and out of it. What may be in it is articles/html.py's
// list, which comes with the page; what a text means is compared, so that nothing is lost unseen.

let allowed = { tags: [], attributes: {}, classes: {}, schemes: [] };

export const allow = (table) => (allowed = table);

// Styles and what would run get another name: the page's policy speaks up where there are any, also
// in what is only read.
const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi;
const NAMED = /("[^"]*"|'[^']*')|[\s/](style|on[a-z]+)(?=\s*=)/gi;
const harmless = (html) =>
  html
    .replace(/<style\b[^]*?<\/style\s*>/gi, "")
    .replace(TAG, (tag) => tag.replace(NAMED, (_all, value, name) => value ?? ` data-${name}`));

export const parsed = (html) => new DOMParser().parseFromString(harmless(html), "text/html").body;

// Whether articles may link to an address, or show what is there.
export const leads = (address) => {
  try {
    return allowed.schemes.includes(new URL(address, location.href).protocol.slice(0, -1));
  } catch {
    return !/^\s*[a-z][a-z0-9+.-]*:/i.test(address); // odd, but of this site
  }
};
const keeps = (tag, name, value) => {
  if (name === "class") return Boolean(allowed.classes[tag]?.includes(value));
  if ((name === "href" || name === "src") && !leads(value)) return false;
  return Boolean(allowed.attributes["*"]?.includes(name) || allowed.attributes[tag]?.includes(name));
};

// The attributes of an element that may be kept, in their order.
export const attributesOf = (element, ...others) =>
  Object.fromEntries(
    [...element.attributes]
      .filter(({ name, value }) => !others.includes(name) && keeps(element.localName, name, value))
      .map(({ name, value }) => [name, value]),
  );

const GONE = "script, style, template, noscript, iframe, object, svg, math, title, textarea, select";

// Takes out what the server would take out too.
export const tidied = (root) => {
  for (const element of root.querySelectorAll(GONE)) element.remove();
  for (const element of [...root.querySelectorAll("*")]) {
    const tag = element.localName;
    if (!allowed.tags.includes(tag)) element.replaceWith(...element.childNodes);
    else {
      for (const { name, value } of [...element.attributes]) {
        if (!keeps(tag, name, value)) element.removeAttribute(name);
      }
    }
  }
  return root;
};

// --- what an element is -----------------------------------------------------------------------

const parts = (element) =>
  [...element.childNodes].filter((it) => it.nodeType === 1 || it.textContent.trim());

// What a figure of one picture is made of, linked or not; null for any other figure.
export const pictureOf = (figure) => {
  const [first, second, ...more] = parts(figure);
  if (more.length || (second && second.localName !== "figcaption")) return null;
  const link = first?.localName === "a" ? first : null;
  const image = link ? parts(link).length === 1 && link.firstElementChild : first;
  if (image?.localName !== "img") return null;
  return { image: attributesOf(image), link: link && attributesOf(link) };
};

// The number of the source that a superscript leads to; null for any other.
export const sourceOf = (sup) => {
  const [link, ...more] = parts(sup);
  const number = link?.localName === "a" && link.getAttribute("href")?.match(/^#source-(\d+|x)$/)?.[1];
  return !more.length && number && /^\[[\d?]+\]$/.test(link.textContent) ? number : null;
};

// --- what a text means ------------------------------------------------------------------------

const WITHIN_LINES = new Set("a abbr b br cite code em i img strong sub sup".split(" "));
const LINES = new Set("p h2 h3 h4 caption figcaption pre".split(" "));
// What the server adds by itself.
const ADDED = { a: "rel", table: "tabindex" };

const told = (element) =>
  [...element.attributes]
    .filter(({ name, value }) => name !== ADDED[element.localName] && !(/span$/.test(name) && value === "1"))
    .map(({ name, value }) => `${name}=${value}`)
    .sort();

// The pieces of a line: each a text or an element without one, and all that it stands in.
const pieces = (nodes, verbatim) => {
  const found = [];
  let space = !verbatim; // whether a space at this place would not be seen
  const end = () => {
    const last = found.at(-1);
    if (verbatim || !last?.text) return;
    last.text = last.text.replace(/ $/, "");
    if (!last.text) found.pop();
  };
  const walk = (node, marks) => {
    const isBreak = node.localName === "br";
    if (node.nodeType === 3 || (isBreak && verbatim)) {
      const data = isBreak ? "\n" : node.data;
      let text = verbatim ? data : data.replace(/[ \t\r\n\f]+/g, " ");
      if (space) text = text.replace(/^ /, "");
      if (!text) return;
      const last = found.at(-1);
      const key = marks.join();
      if (last?.text && last.marks === key) last.text += text;
      else found.push({ text, marks: key });
      space = !verbatim && text.endsWith(" ");
    } else if (isBreak) {
      end();
      found.push({ is: ["br", ...told(node)] });
      space = !verbatim;
    } else if (node.localName === "img") {
      found.push({ is: ["img", ...told(node)], marks: marks.join() });
      space = false;
    } else if (node.nodeType === 1) {
      // A link without an address is none.
      const nothing = node.localName === "a" && !node.hasAttribute("href");
      const mark = [node.localName, ...told(node)].join(" ");
      const inside = nothing ? marks : [...new Set([...marks, mark])].sort();
      for (const child of node.childNodes) walk(child, inside);
    }
  };
  for (const node of nodes) walk(node, []);
  end();
  return found;
};

const meaning = (parent) => {
  const found = [];
  let loose = [];
  const settle = () => {
    const line = pieces(loose, false);
    if (line.length) found.push({ tag: "p", attributes: [], line });
    loose = [];
  };
  for (const child of parent.childNodes) {
    if (child.nodeType === 1 && !WITHIN_LINES.has(child.localName)) {
      settle();
      const tag = child.localName;
      const line = LINES.has(tag) && pieces(child.childNodes, tag === "pre");
      if (line.length === 0 && /caption$/.test(tag)) continue; // nothing is seen of it
      found.push({ tag, attributes: told(child), ...(line ? { line } : { blocks: meaning(child) }) });
    } else loose.push(child);
  }
  settle();
  const [only] = found;
  const blank = found.length === 1 && only.tag === "p" && !only.line.length && !only.attributes.length;
  return blank && parent.localName !== "body" ? [] : found;
};

// Whether readers would be told the same by both, however it is written.
export const same = (one, other) =>
  JSON.stringify(meaning(one)) === JSON.stringify(meaning(other));
