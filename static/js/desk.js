// The desk without reloading: a decision is sent to the address of its button, the card leaves, and
// a bar offers to take it back. What cannot be done puts the card back and says why. Without this
// script, or where it does not know a button, the buttons lead to pages that do the same.

const view = document.getElementById("desk-view");
const bar = document.getElementById("desk-undo");
const words = document.getElementById("desk-words").dataset;
const said = bar.querySelector("[role=status]");
const undoButton = bar.querySelector("button");
const SHOWN = 10_000; // milliseconds that the bar stays

const list = () => view.querySelector(".desk-list");
const cards = () => [...view.querySelectorAll(".desk-card")];
const field = (form, name) => form.elements.namedItem(name).value;
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// --- the server -------------------------------------------------------------------------------

// One after the other, so that counts and order are right however fast somebody types.
let last = Promise.resolve();
const send = (address, body) => (last = last.then(() => post(address, body)));

const post = async (address, body) => {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      body,
      keepalive: true, // a page that is left takes no decision with it
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.status === 401 || answer.status === 403) return { failed: words.signedOut, out: true };
    if (answer.ok || answer.status === 409) return await answer.json();
    return { failed: words.broken };
  } catch {
    return { failed: answer ? words.broken : words.offline };
  }
};

const bodyOf = (rows) => {
  const page = ["csrfmiddlewaretoken", "tab", "view"].map((name) => [name, field(bar, name)]);
  const seen = rows.flatMap(({ pk, status, since }) => [
    ["pk", pk],
    [`seen-${pk}`, status],
    [`since-${pk}`, since],
  ]);
  return new URLSearchParams([...page, ...seen]);
};

const seenOf = ({ dataset: { pk } }) => ({
  pk,
  status: field(list(), `seen-${pk}`),
  since: field(list(), `since-${pk}`),
});

// --- cards come and go ------------------------------------------------------------------------

// What stands above never moves; what stands below glides to its place.
const glide = (change) => {
  const before = new Map(cards().map((card) => [card, card.getBoundingClientRect().top]));
  change();
  if (calm.matches) return;
  for (const card of cards()) {
    const way = (before.get(card) ?? 0) - card.getBoundingClientRect().top;
    if (!before.has(card) || !way) continue;
    const from = { transform: `translateY(${way}px)` };
    card.animate([from, { transform: "none" }], { duration: 150, easing: "ease-out" });
  }
};

const leave = (gone) => {
  glide(() => gone.forEach((card) => card.remove()));
  // The second half of a double click must not decide about the card that came up.
  view.classList.add("settling");
  setTimeout(() => view.classList.remove("settling"), 250);
};

const enter = (card) => {
  const pk = Number(card.dataset.pk);
  const isBelow = (other) => Number(other.dataset.pk) < pk !== "oldest" in view.dataset;
  const old = document.getElementById(card.id);
  if (old) return old.replaceWith(card);
  const below = cards().find(isBelow);
  glide(() => (below ?? list().querySelector(".desk-bulk")).before(card));
};

const remark = (card, text, answer) => {
  card.querySelector(".desk-remark")?.remove();
  if (!text) return;
  const note = document.createElement("p");
  note.className = "desk-remark field-error";
  note.setAttribute("role", "alert");
  note.append(text);
  if (answer?.out) {
    const link = document.createElement("a");
    link.href = `${words.login}?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = words.signIn;
    note.append(" ", link);
  }
  card.append(note);
};

const reach = (card) => {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
};

// --- decisions --------------------------------------------------------------------------------

const decide = async (address, chosen) => {
  const rows = chosen.map(seenOf);
  const body = bodyOf(rows);
  const all = cards();
  const rest = all.slice(all.indexOf(chosen.at(-1)) + 1).concat(all.reverse());
  const next = rest.find((card) => !chosen.includes(card));
  chosen.forEach((card) => {
    card.querySelector("[name=pk]").checked = false;
    remark(card);
  });
  if (!("stays" in view.dataset)) leave(chosen);
  reach(next ?? view);
  const sent = send(address, body);
  made.push(sent.then((answer) => answer.undo ?? []));
  settle(await sent, chosen);
};

const settle = async (answer, chosen) => {
  if (answer.failed) {
    chosen.forEach(enter);
    chosen.forEach((card) => remark(card, answer.failed, answer));
    if (chosen[0]) reach(chosen[0]);
    tell(chosen[0] ? "" : answer.failed);
    return;
  }
  show(answer, chosen.map((card) => card.dataset.pk));
  if (!cards().length) refill();
};

// Change what the server says has changed; `pks` were asked about.
const show = (answer, pks) => {
  for (const pk of list() ? pks : []) {
    const here = document.getElementById(`card-${pk}`);
    if (!answer.cards[pk]) {
      if (here) leave([here]);
      continue;
    }
    const focused = here?.contains(document.activeElement);
    const card = document.importNode(parse(answer.cards[pk]).querySelector(".desk-card"), true);
    enter(card);
    remark(card, answer.notes[pk]);
    if (focused) reach(card);
  }
  for (const [name, count] of Object.entries(answer.counts)) {
    document.querySelector(`[data-count="${name}"]`).textContent = count;
  }
  const oldest = document.querySelector(".desk-oldest");
  oldest.textContent = answer.oldest && oldest.dataset.words.replace("%s", answer.oldest);
  const unfound = pks.map((pk) => !answer.cards[pk] && answer.notes[pk]).find(Boolean);
  tell(answer.said || unfound, answer.undo.length > 0);
};

// The cards of this page are done with: show those that came after them, or that nothing is left.
let filling = null;
const refill = () => (filling ??= fill().finally(() => (filling = null)));

const fill = async () => {
  let before;
  let fresh;
  do {
    await (before = last);
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    fresh = parse(await answer.text()).getElementById("desk-view");
    if (!fresh) return location.reload(); // it leads to where one signs in
  } while (before !== last); // something was decided while the answer was on its way
  view.replaceChildren(...document.importNode(fresh, true).childNodes);
  reach(cards()[0] ?? view);
};

// --- undo -------------------------------------------------------------------------------------

const made = []; // what this page decided: promises of what can be taken back
let timer;

const tell = (text, undoable = false) => {
  said.textContent = text || "";
  undoButton.hidden = !undoable;
  bar.classList.toggle("shown", Boolean(text));
  wait();
};
const wait = () => {
  clearTimeout(timer);
  timer = setTimeout(hide, SHOWN);
};
const hide = () => {
  if (bar.matches(":hover, :focus-within")) return wait();
  bar.classList.remove("shown");
  said.textContent = "";
};
bar.addEventListener("focusout", wait);
bar.addEventListener("mouseleave", wait);

const undo = async () => {
  const rows = await made.pop();
  if (!rows) return;
  if (!rows.length) return undo(); // that one had not been done
  const answer = await send(bar.action, bodyOf(rows));
  if (answer.failed) {
    made.push(Promise.resolve(rows));
    return tell(answer.failed, true);
  }
  show(answer, rows.map(({ pk }) => String(pk)));
  if (!list()) await refill();
  reach(document.getElementById(`card-${rows[0].pk}`));
};
bar.addEventListener("submit", (event) => {
  event.preventDefault();
  undo();
});

// --- buttons ----------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const ways = { one: () => [button.closest(".desk-card")], many: ticked };
  const way = ways[button?.dataset.decide];
  if (!way) return;
  event.preventDefault();
  const chosen = way();
  if (chosen.length) decide(button.formAction, chosen);
  else tell(words.none);
});

const ticked = () => {
  const all = list().elements.namedItem("all").checked;
  list().elements.namedItem("all").checked = false;
  return cards().filter((card) => all || card.querySelector("[name=pk]").checked);
};

// Something was written elsewhere on this page (static/js/desk-write.js).
document.addEventListener("desk-written", ({ detail: { answer, pk } }) => {
  show(answer, [pk]);
  reach(document.getElementById(`card-${pk}`) ?? cards()[0] ?? view);
  if (!cards().length) refill();
});
