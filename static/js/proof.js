// On the writer's own page: hand over what this browser keeps as proof that the address is theirs
// (static/js/confirm.js), so that what they change is known to be changed by them.

try {
  document.getElementById("edit-proof").value = localStorage.getItem("marginalia.proof") ?? "";
} catch {
  // Nothing to edit here, or a browser that keeps nothing: then it is asked for by mail.
}
