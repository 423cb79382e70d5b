// A file that Errors made, handed to the browser. props.value: {name, kind, text, count} or {problem}.
const { el, announce, save } = window.explorer;
let given = 0;

function give() {
  const value = props.value;
  if (!value || value.count === given) return;
  given = value.count;
  if (value.problem) {
    element.querySelector(".errors-file").replaceChildren(
      el("p", { class: "note", role: "alert", data: { kind: "error" } }, value.problem));
    return;
  }
  element.querySelector(".errors-file").replaceChildren();
  save(new Blob([value.text], { type: value.kind }), value.name);
  announce(WORDS.saved);
}
give();
watch("value", give);
