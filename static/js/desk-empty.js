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
  let running = false;
  said.setAttribute("role", "status");
  bar.setAttribute("aria-label", document.querySelector("h1").textContent);
  form.querySelector(".own-buttons").before(bar, said);

  const show = (rest) => {
    bar.hidden = false;
    if (isMore(rest)) bar.removeAttribute("value");
    else {
      bar.max = gone + number(rest) || 1;
      bar.value = gone;
    }
    said.textContent = `${say(words.gone, gone)} ${rest ? say(words.rest, rest) : words.done}`;
  };

  const run = async () => {
    let rest = left;
    while (running && rest) {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
      });
      const told = await answer.json();
      gone += told.gone;
      rest = told.left;
      show(rest);
    }
    return rest;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running = !running;
    if (!running) return;
    button.textContent = words.stop;
    show(left);
    try {
      const rest = await run();
      button.hidden = !rest;
      if (!rest) form.querySelector(".own-buttons a").focus();
    } catch {
      said.textContent = `${say(words.gone, gone)} ${words.failed}`;
    }
    running = false;
    button.textContent = words.on;
  });
}
