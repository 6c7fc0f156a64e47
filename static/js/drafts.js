// What is being written survives a reload and a lost connection (sessionStorage, for this tab),
// until it is posted. Who wrote it is remembered only if they ask for it (localStorage).

const storage = (name) => {
  try {
    window[name].setItem("marginalia.try", "");
    window[name].removeItem("marginalia.try");
    return window[name];
  } catch {
    return null; // forbidden, or full: then nothing is kept
  }
};
const keep = (where, key, value) => {
  try {
    if (value) where?.setItem(key, value);
    else where?.removeItem(key);
  } catch {
    where.removeItem(key);
  }
};

const read = (where, key) => {
  try {
    return JSON.parse(where?.getItem(key) ?? "null");
  } catch {
    return null; // somebody else wrote there
  }
};
// Enough to know a text again, and not the text: it has been accepted and is kept no longer.
const mark = (words) =>
  String([...words].reduce((sum, it) => (Math.imul(sum, 31) + it.codePointAt(0)) | 0, 7));

const session = storage("sessionStorage");
const local = storage("localStorage");
const form = document.getElementById("commentform");
const [ME, PROOF, SENT, POSTED] = ["me", "proof", "sent", "posted"].map((it) => `marginalia.${it}`);

// A form that was sent has been accepted when another page opens at a comment.
const sent = read(session, SENT);
addEventListener("pageshow", () => keep(session, SENT));
if (sent && sent.from !== location.href && location.hash.startsWith("#comment-")) {
  keep(session, sent.draft);
  keep(session, POSTED, mark(sent.text));
}

if (form && session) {
  const { text, parent } = form.elements;
  const draftOf = (target) => `marginalia.draft ${form.getAttribute("action")} ${target}`;
  const save = () => keep(session, draftOf(parent.value), text.value);
  const show = (words) => {
    text.value = words;
    text.dispatchEvent(new Event("input"));
  };

  const restore = (draft) => {
    // Some browsers put back by themselves what was posted from here.
    if (text.value && mark(text.value) === session.getItem(POSTED)) show("");
    if (draft && !text.value) show(draft);
  };

  text.addEventListener("input", save);
  if (text.value && mark(text.value) !== session.getItem(POSTED)) save();
  restore(session.getItem(draftOf(parent.value)));
  addEventListener("pageshow", () => restore(session.getItem(draftOf(parent.value))));

  // The form moved to another comment: what was begun there waits there, else the text comes along.
  form.addEventListener("retarget", (event) => {
    const begun = session.getItem(draftOf(parent.value));
    if (begun) return show(begun);
    keep(session, draftOf(event.detail));
    save();
  });

  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "preview") return;
    const draft = draftOf(parent.value);
    keep(session, SENT, JSON.stringify({ draft, text: text.value, from: location.href }));
  });
}

if (form && local) {
  const box = document.getElementById("respond-remember");
  const fields = ["name", "email", "url"].map((name) => form.elements.namedItem(name));
  const me = read(local, ME);

  fields.forEach((field) => (field.value ||= me?.[field.name] ?? ""));
  form.elements.proof.value = local.getItem(PROOF) ?? "";
  box.checked = Boolean(me);
  box.parentElement.hidden = false;
  box.addEventListener("change", () => {
    if (box.checked) return;
    [ME, PROOF].forEach((key) => keep(local, key));
    form.elements.proof.value = "";
  });
  form.addEventListener("submit", (event) => {
    if (!box.checked || event.submitter?.name === "preview") return;
    keep(local, ME, JSON.stringify(Object.fromEntries(fields.map((it) => [it.name, it.value]))));
  });
}
