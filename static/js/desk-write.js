// Editing and answering at the desk: in the card where it can be, on its page otherwise. What is
// typed survives a lost session, a reload and Escape (sessionStorage, for this tab), until it has
// arrived.

const words = document.getElementById("desk-words").dataset;
const nameOf = (form) => `marginalia.desk.${form.dataset.draft}`;
const kept = (form) => {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(form)));
  } catch {
    return null;
  }
};
const keep = (name, value) => {
  try {
    if (value) sessionStorage.setItem(name, JSON.stringify(value));
    else sessionStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing, or no more: then the text is where it was typed, and only there.
  }
};
const made = (name, className, text) =>
  Object.assign(document.createElement(name), { className, textContent: text });

// --- texts that are kept ----------------------------------------------------------------------

const sender = (form) => form.querySelector("button:not([type])");

const watch = (form) => {
  const { text, version } = form.elements;
  const draft = kept(form);
  text.addEventListener("input", () => {
    const changed = text.value !== text.defaultValue;
    keep(nameOf(form), changed && { text: text.value, version: version.value });
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (!event.repeat && !sender(form).disabled) form.requestSubmit();
  });
  if (!draft || draft.text === text.value) return;
  text.value = draft.text;
  const told = draft.version === version.value ? words.kept : words.newer;
  const note = made("p", "desk-note desk-restored", `${told} `);
  const button = Object.assign(made("button", "link", words.discard), { type: "button" });
  button.addEventListener("click", () => {
    text.value = text.defaultValue;
    keep(nameOf(form));
    note.remove();
    text.focus();
  });
  note.setAttribute("role", "status");
  note.append(button);
  text.before(note);
};

// What has arrived is kept no longer.
for (const notice of document.querySelectorAll("[data-wrote]")) {
  keep(`marginalia.desk.${notice.dataset.wrote}`);
}
for (const form of document.querySelectorAll("form.desk-write")) {
  watch(form);
  // On a page of its own: what is on its way is not sent again.
  form.addEventListener("submit", () => (sender(form).disabled = true));
  addEventListener("pageshow", () => (sender(form).disabled = false));
}

// --- in the card ------------------------------------------------------------------------------

let open = null; // the form that is open, and the card it is in

const close = (focus = true) => {
  const card = open?.closest(".desk-card");
  open?.remove();
  open = null;
  if (focus) card?.focus({ preventScroll: true });
};

const formIn = (html, address) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const found = page.querySelector("form.desk-write");
  if (!found) return null;
  const form = document.importNode(found, true);
  form.action = address;
  // Here and not on the document: a submit does not bubble past the form that the card stands in.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, sender(form));
  });
  return form;
};

const put = (form, card) => {
  if (open?.isConnected && open.closest(".desk-card") === card) open.replaceWith(form);
  else {
    close(false);
    card.querySelector(".desk-said").append(form);
  }
  open = form;
  watch(form);
  const { text } = form.elements;
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  form.scrollIntoView({ block: "nearest" });
};

const write = async (link) => {
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const form = formIn(await answer.text(), link.href);
    if (form) return put(form, link.closest(".desk-card"));
  } catch {
    // Then the browser says what is wrong.
  }
  location.assign(link.href); // by way of signing in, if that is what it takes
};

const failed = (form, text, href, wayOn) => {
  const note = made("p", "field-error desk-failed", text);
  note.setAttribute("role", "alert");
  if (href) note.append(" ", Object.assign(made("a", "", wayOn), { href }));
  form.elements.text.after(note);
};

const send = async (form, button) => {
  const card = form.closest(".desk-card");
  form.querySelector(".desk-failed")?.remove();
  button.disabled = true;
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok) {
      const detail = { answer: await answer.json(), pk: card.dataset.pk };
      keep(nameOf(form));
      close(false);
      document.dispatchEvent(new CustomEvent("desk-written", { detail }));
      return;
    }
    const again = formIn(await answer.text(), form.action);
    if (again) return put(again, card);
    const { address } = document.getElementById("desk-view").dataset;
    const login = `${words.login}?next=${encodeURIComponent(address)}`;
    if (answer.status === 401) failed(form, words.signedOut, login, words.signIn);
    else if (answer.status === 403) failed(form, words.refused, address, words.anew);
    else failed(form, words.broken);
  } catch {
    failed(form, answer ? words.broken : words.offline);
  }
  button.disabled = false;
};

document.addEventListener("click", (event) => {
  const link = event.target.closest(".desk-card [data-write], .desk-card .desk-write a.button");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.dataset.write) write(link);
  else close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open?.contains(event.target)) close();
});
