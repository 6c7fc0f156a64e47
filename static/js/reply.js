// "Reply" brings the form to the comment instead of leading to a page with the form at its end.

const form = document.getElementById("commentform");
const respond = document.getElementById("respond");

if (form && respond?.dataset.reply) {
  const { parent, text } = form.elements;
  const title = document.getElementById("reply-title");
  const home = document.createTextNode("");
  let opener = null;
  respond.before(home);

  const link = (name, href, words) => {
    const made = document.createElement("a");
    made.className = name;
    made.href = href;
    made.textContent = words;
    return made;
  };

  const aim = (target, name) => {
    const before = parent.value;
    parent.value = target;
    title.replaceChildren(respond.dataset.title);
    if (target) {
      title.replaceChildren(
        `${respond.dataset.reply} `,
        link("", `#comment-${target}`, name),
        " ",
        link("cancel-reply", "#respond", respond.dataset.cancel),
      );
    }
    form.dispatchEvent(new CustomEvent("retarget", { detail: before }));
  };

  document.addEventListener("click", (event) => {
    const clicked = event.target.closest(".reply-link, .cancel-reply");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!clicked || elsewhere || event.button) return;
    event.preventDefault();
    if (clicked.matches(".reply-link")) {
      const comment = clicked.closest(".comment");
      opener = clicked;
      comment.after(respond);
      const name = comment.querySelector(".name").textContent;
      aim(clicked.closest(".place").id.slice("comment-".length), name);
      text.focus();
    } else {
      home.after(respond);
      aim("", "");
      (opener ?? text).focus();
      opener = null;
    }
  });
}
