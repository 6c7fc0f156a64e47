// What is typed into a form outlives a login that ran out (sessionStorage, for this tab), until the
// form was sent and the site says that it was done. Only what was changed is kept, and no password.
// A form asks for it with data-kept, whose words are said when something was put back.

const DONE = ".notice-done, .messagelist .success";
const LEFT_OUT = ["hidden", "password", "file", "submit", "button", "fieldset"];

const isChoice = (field) => ["checkbox", "radio"].includes(field.type);
const name = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
const state = (field) => (isChoice(field) ? field.checked : field.value);
const original = (field) => {
  if (isChoice(field)) return field.defaultChecked;
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((it) => it.defaultSelected) ?? field.options[0])?.value;
};

const keep = (form) => {
  const key = `marginalia.kept ${location.pathname} ${form.id}`;
  const fields = [...form.elements].filter((it) => it.name && !LEFT_OUT.includes(it.type));
  const wasSent = sessionStorage.getItem(`${key} sent`);
  sessionStorage.removeItem(`${key} sent`);
  if (wasSent && document.querySelector(DONE)) sessionStorage.removeItem(key);

  const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  const back = fields.filter((it) => name(it) in kept && kept[name(it)] !== state(it));
  for (const field of back) field[isChoice(field) ? "checked" : "value"] = kept[name(field)];
  if (back.length && form.dataset.kept) {
    const said = document.createElement("p");
    Object.assign(said, { className: "notice", role: "status", textContent: form.dataset.kept });
    form.prepend(said);
  }

  const save = () => {
    for (const field of fields) {
      // A page that was refused shows what was typed as if it had been there.
      if (state(field) !== original(field)) kept[name(field)] = state(field);
      else if (kept[name(field)] !== state(field)) delete kept[name(field)];
    }
    sessionStorage.setItem(key, JSON.stringify(kept));
  };
  form.addEventListener("input", save);
  form.addEventListener("submit", () => sessionStorage.setItem(`${key} sent`, "yes"));
};

try {
  // The second is a form of the Django admin's.
  document.querySelectorAll("form[data-kept], #discussion_form").forEach(keep);
} catch {
  // A browser that lets pages keep nothing: then nothing is kept.
}
