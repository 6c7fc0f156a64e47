// Emptying a shelf goes on by itself, a batch after the other, with a bar that says how far it is
// and a button that stops it. Without this script each press of the button deletes some thousand.

const form = document.querySelector(".desk-emptying");
const button = form?.querySelector("button");
const number = (text) => Number(text.replace(/[^0-9]/g, ""));
const say = (text, count) => text.replace("%s", count.toLocaleString("en-US"));

if (button) {
  const { left, ...words } = form.dataset;
  const isMore = (text) => text.includes("+"); // nobody counts further than that
  const bar = Object.assign(document.createElement("progress"), { hidden: true });
  const said = document.createElement("p");
  let gone = 0;
  let rest = left;
  let running = false; // it goes on
  let busy = false; // a batch is on its way
  said.setAttribute("role", "status");
  bar.setAttribute("aria-label", document.querySelector("h1").textContent);
  form.querySelector(".own-buttons").before(bar, said);

  const show = () => {
    bar.hidden = false;
    if (isMore(rest)) bar.removeAttribute("value");
    else {
      bar.max = gone + number(rest) || 1;
      bar.value = gone;
    }
    said.textContent = `${say(words.gone, gone)} ${rest ? say(words.rest, rest) : words.done}`;
  };

  const run = async () => {
    while (running && rest) {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(60_000),
      });
      if (!answer.ok) throw answer;
      const told = await answer.json();
      gone += told.gone;
      rest = told.left;
      show();
    }
  };

  const fail = (error) => {
    const signIn = error.status === 401 && Object.assign(document.createElement("a"), {
      href: `${words.login}?next=${encodeURIComponent(words.back)}`,
      textContent: words.signIn,
    });
    const why = { 401: words.out, 403: words.refused }[error.status] ?? words.failed;
    said.textContent = `${say(words.gone, gone)} ${why} `;
    if (signIn) said.append(signIn);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running = !running;
    button.textContent = running ? words.stop : words.on;
    if (!running || busy) return;
    busy = true;
    show();
    try {
      await run();
      button.hidden = !rest;
      if (!rest) form.querySelector(".own-buttons a").focus();
    } catch (error) {
      fail(error);
    }
    running = busy = false;
    button.textContent = words.on;
  });
}
