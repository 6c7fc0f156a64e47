// The desk without reloading: a decision is sent to the address of its button, the card leaves, and
// a bar offers to take it back. What cannot be done puts the card back and says why. Without this
// script, or where it does not know a button, the buttons lead to pages that do the same.

const view = document.getElementById("desk-view");
const bar = document.getElementById("desk-undo");
const words = document.getElementById("desk-words").dataset;
const said = bar.querySelector("[role=status]");
const undoButton = bar.querySelector("button");
const address = view.dataset.address; // of this view; the page may have come from another
const SHOWN = 10_000; // milliseconds that the bar stays

const list = () => view.querySelector(".desk-list");
const cards = () => [...view.querySelectorAll(".desk-card")];
const field = (form, name) => form.elements.namedItem(name).value;
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
const tickOf = (card) => card.querySelector("[name=pk]");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const made = []; // what this page decided: promises of what can be taken back

// --- the server -------------------------------------------------------------------------------

const wayTo = (href, textContent) => Object.assign(document.createElement("a"), { href, textContent });

// One after the other, so that counts and order are right however fast somebody types.
let last = Promise.resolve();
const send = (to, body) => (last = last.then(() => post(to, body)));

const post = async (to, body) => {
  let answer;
  try {
    answer = await fetch(to, {
      method: "POST",
      body,
      keepalive: true, // a page that is left takes no decision with it
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok || answer.status === 409) return await answer.json();
    const login = `${words.login}?next=${encodeURIComponent(address)}`;
    if (answer.status === 401) return { failed: words.signedOut, way: wayTo(login, words.signIn) };
    if (answer.status === 403) return { failed: words.refused, way: wayTo(address, words.anew) };
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

const remark = (card, text, way) => {
  card.querySelector(".desk-remark")?.remove();
  if (!text) return;
  const note = document.createElement("p");
  note.className = "desk-remark field-error";
  note.setAttribute("role", "alert");
  note.append(text);
  if (way) note.append(" ", way);
  card.append(note);
};

const reach = (card) => {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
};

// --- decisions --------------------------------------------------------------------------------

const decide = async (to, chosen) => {
  const rows = chosen.map(seenOf);
  const body = bodyOf(rows);
  const all = cards();
  const rest = all.slice(all.indexOf(chosen.at(-1)) + 1).concat(all.reverse());
  const next = rest.find((card) => !chosen.includes(card));
  const ticks = chosen.filter((card) => tickOf(card).checked);
  chosen.forEach((card) => {
    tickOf(card).checked = false;
    remark(card);
  });
  if (!("stays" in view.dataset)) leave(chosen);
  reach(next ?? view);
  const sent = send(to, body);
  const undoable = sent.then((answer) => answer.undo ?? []);
  made.push(undoable);
  const answer = await sent;
  if (!answer.undo?.length && made.includes(undoable)) made.splice(made.indexOf(undoable), 1);
  if (answer.failed) {
    chosen.forEach(enter);
    ticks.forEach((card) => (tickOf(card).checked = true));
    remark(chosen[0], answer.failed, answer.way); // once, however many came back
    reach(chosen[0]);
    return tell("");
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
  const isShown = (pk) => list() && answer.cards[pk];
  const untold = pks.map((pk) => !isShown(pk) && answer.notes[pk]).find(Boolean);
  tell(answer.said || untold);
};

// The cards of this page are done with: show those that came after them, or that nothing is left.
let filling = null;
const refill = () => (filling ??= fill().catch(unfilled).finally(() => (filling = null)));

const fill = async () => {
  let before;
  let fresh;
  do {
    await (before = last);
    const headers = { Accept: "text/html" };
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) throw new Error(answer.status);
    fresh = parse(await answer.text()).getElementById("desk-view");
    if (!fresh) return location.assign(address); // it leads to where one signs in
  } while (before !== last); // something was decided while the answer was on its way
  if (cards().length) return; // what had left came back, and says why
  view.replaceChildren(...document.importNode(fresh, true).childNodes);
  reach(cards()[0] ?? view);
};

const unfilled = () => {
  if (cards().length) return;
  const note = Object.assign(document.createElement("p"), { className: "empty" });
  const link = wayTo(address, words.anew);
  note.append(`${words.unfilled} `, link);
  view.replaceChildren(note);
  reach(link);
  tell(words.unfilled);
};

// --- undo -------------------------------------------------------------------------------------

let timer;

const tell = (text) => {
  said.textContent = text || "";
  undoButton.hidden = !made.length;
  undoButton.inert = !text;
  bar.classList.toggle("shown", Boolean(text));
  clearTimeout(timer);
  if (text) wait();
};
const wait = () => {
  clearTimeout(timer);
  timer = setTimeout(hide, SHOWN);
};
const hide = () => {
  if (bar.matches(":hover, :focus-within")) return wait();
  tell("");
};
bar.addEventListener("focusout", wait);
bar.addEventListener("mouseleave", wait);

const undo = async () => {
  const rows = await made.pop();
  if (!rows) return tell(words.nothing);
  if (!rows.length) return undo(); // that one had not been done
  const answer = await send(bar.action, bodyOf(rows));
  if (answer.failed) {
    made.push(Promise.resolve(rows));
    return tell(answer.failed);
  }
  show(answer, rows.map(({ pk }) => String(pk)));
  if (!list()) await refill();
  reach(document.getElementById(`card-${rows[0].pk}`));
};
bar.addEventListener("submit", (event) => {
  event.preventDefault();
  undo();
});

// On a phone the tabs stand in one row that scrolls.
const current = document.querySelector(".tabs [aria-current]");
current.closest("ul").scrollLeft = current.offsetLeft - 60;

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
  const all = list().elements.namedItem("all");
  if (all.checked) cards().forEach((card) => (tickOf(card).checked = true));
  all.checked = false;
  return cards().filter((card) => tickOf(card).checked);
};

// Something was written elsewhere on this page (static/js/desk-write.js).
document.addEventListener("desk-written", ({ detail: { answer, pk } }) => {
  show(answer, [pk]);
  reach(document.getElementById(`card-${pk}`) ?? cards()[0] ?? view);
  if (!cards().length) refill();
});
