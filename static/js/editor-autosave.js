// What is being written in an article's form outlives the tab, the browser and a login that ran
// out: it is kept in this browser (localStorage, for each article and editor) until the site says
// that it was saved. Whoever opens the form again is asked whether to put it back.

const WAIT = 1000; // milliseconds after the last key
const DAYS = 30; // what nobody came back to is forgotten
const PREFIX = "marginalia.editor ";
// Django's own, and what a browser may not put back; the version is that of the page.
const LEFT_OUT = ["csrfmiddlewaretoken", "version", "draft", "_popup", "_to_field"];
const COUNTERS = /-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$/;

const notice = document.getElementById("editor-draft");
const form = notice?.closest("form");

const isKept = (field) =>
  field.name &&
  !LEFT_OUT.includes(field.name) &&
  !COUNTERS.test(field.name) &&
  !field.name.includes("__prefix__") &&
  !["file", "password", "submit", "button", "fieldset"].includes(field.type);
const isChoice = (field) => ["checkbox", "radio"].includes(field.type);

// Of a list of choices, the words too: those that were looked up are not in the page next time.
const valueOf = (field) => {
  if (isChoice(field)) return field.checked;
  if (field.options) return [...field.selectedOptions].map((it) => [it.value, it.text]);
  return field.value;
};
const nameOf = (field) => (field.type === "radio" ? `${field.name}=${field.value}` : field.name);
const read = () =>
  Object.fromEntries([...form.elements].filter(isKept).map((it) => [nameOf(it), valueOf(it)]));
// A form's own line ends are not those of a script; the order of chosen tags says nothing.
const plain = (value) => {
  if (Array.isArray(value)) return value.map(([it]) => it).filter(Boolean).sort();
  return typeof value === "string" ? value.replaceAll("\r\n", "\n").trim() : value;
};
const same = (one, other) =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    (name) => JSON.stringify(plain(one[name] ?? "")) === JSON.stringify(plain(other[name] ?? "")),
  );

const write = (field, value) => {
  if (isChoice(field)) field.checked = value;
  else if (field.options) {
    const known = new Set([...field.options].map((it) => it.value));
    value.filter(([it]) => !known.has(it)).forEach(([it, text]) => field.add(new Option(text, it)));
    const chosen = new Set(value.map(([it]) => it));
    for (const option of field.options) option.selected = chosen.has(option.value);
  } else field.value = value;
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
};

const rowsOf = (fields) => {
  const rows = {};
  for (const name of Object.keys(fields)) {
    const [, prefix, number] = name.match(/^(.+)-(\d+)-/) ?? [];
    if (prefix) rows[prefix] = Math.max(rows[prefix] ?? 0, Number(number) + 1);
  }
  return rows;
};
// Rows that were added below the form are added again, as their editor did.
const addRows = (fields) => {
  for (const [prefix, count] of Object.entries(rowsOf(fields))) {
    const total = form.elements.namedItem(`${prefix}-TOTAL_FORMS`);
    for (let tries = 0; total && Number(total.value) < count && tries < 100; tries += 1) {
      document.querySelector(`#${CSS.escape(prefix)}-group .add-row a`)?.click();
    }
  }
};

const start = () => {
  const { version, draft } = form.elements;
  const key = `${PREFIX}${notice.dataset.user} ${location.pathname}`;
  const load = () => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null; // somebody else wrote there
    }
  };
  const wrong = "unsaved" in notice.dataset; // the page shows what was refused
  const saved = new Set(notice.dataset.saved.split(" "));
  const opened = read();
  let timer = 0;
  let leaving = false;
  let asking = false;
  draft.value ||= crypto.randomUUID();

  const forget = () => localStorage.removeItem(key);
  const isChanged = () => wrong || !same(read(), opened);
  const keep = () => {
    clearTimeout(timer);
    timer = 0;
    if (asking || leaving) return; // what is offered is not to be lost to a first letter
    if (!isChanged()) return forget();
    const kept = { id: draft.value, at: Date.now(), version: version.value, fields: read() };
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // Full, or forbidden: then the page can only warn before it is left.
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
  };

  const answer = (event) => {
    const kept = load();
    asking = false;
    notice.hidden = true;
    if (event.target.dataset.do === "restore" && kept) {
      addRows(kept.fields);
      for (const field of [...form.elements].filter(isKept)) {
        if (nameOf(field) in kept.fields) write(field, kept.fields[nameOf(field)]);
      }
      // Saving then compares with what its writer had seen.
      version.value = kept.version;
      draft.value = kept.id;
      form.elements.title?.focus();
    } else forget();
    if (isChanged()) keep();
  };

  const offer = () => {
    const kept = load();
    if (!kept) return;
    const old = Date.now() - kept.at > DAYS * 86_400_000;
    if (old || saved.has(kept.id) || same(kept.fields, opened)) return wrong ? undefined : forget();
    if (wrong) return undefined;
    const when = new Date(kept.at);
    const today = when.toDateString() === new Date().toDateString();
    const time = notice.querySelector("time");
    time.dateTime = when.toISOString();
    time.textContent = today
      ? when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
      : when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    notice.querySelector("[data-when-newer]").hidden = kept.version === version.value;
    notice.hidden = false;
    asking = true;
    notice.addEventListener("click", (event) => event.target.dataset.do && answer(event));
    return undefined;
  };

  offer();
  if (wrong) keep();
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  // The admin's lists of choices and its rows tell jQuery only.
  window.django?.jQuery?.(form).on("change", later);
  document.addEventListener("formset:added", later);
  document.addEventListener("formset:removed", later);
  document.addEventListener("visibilitychange", () => timer && keep());
  form.addEventListener("submit", (event) => {
    if (event.submitter && "preview" in event.submitter.dataset) return;
    asking = false;
    keep();
    leaving = true;
  });
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("beforeunload", (event) => {
    if (timer) keep();
    if (!leaving && isChanged()) event.preventDefault();
  });
};

// After the admin's own scripts, which fill in some fields.
if (form && window.localStorage) {
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}
