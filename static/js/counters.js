// How many characters are left, below each field that has a counter. The form works without it.

for (const left of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(left.dataset.counts);
  const said = left.nextElementSibling;
  let soon;

  const count = () => {
    // As the server counts: whole characters, a line break as one, without blanks at both ends.
    const free = left.dataset.limit - Array.from(field.value.trim()).length;
    const number = Math.abs(free).toLocaleString("en-US");
    left.textContent = (free < 0 ? left.dataset.over : left.dataset.left).replace("%s", number);
    left.classList.toggle("comment-left-over", free < 0);
    // Who listens to the page is told near the end only, and when they pause.
    clearTimeout(soon);
    soon = setTimeout(() => (said.textContent = free < 100 ? left.textContent : ""), 1000);
  };

  field.addEventListener("input", count);
  addEventListener("pageshow", count);
  count();
  left.hidden = false;
}
