// Parts of the dialog for a visitor's own pictures.
import { el } from "../../kit/static/dom.js";
import { decimal } from "../../kit/static/numbers.js";

export const saidSize = (bytes) => bytes >= 1e9 ? `${decimal(bytes / 1e9, 1)} GB`
  : bytes >= 1e6 ? `${decimal(bytes / 1e6, 1)} MB` : `${decimal(bytes / 1e3, 0)} kB`;

export const saidTime = (seconds) => seconds < 60 ? `${Math.ceil(seconds)} s`
  : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

// What was left out, by name.
export function refusedList(state) {
  if (!state?.refused.length) return null;
  return [
    el("p", null, state.left_out),
    el("ul", { class: "adding-refused" }, state.refused.map(({ name, reason }) =>
      el("li", null, el("b", null, name), " ", reason)),
    state.more ? el("li", null, state.more) : null),
  ];
}

// Public data sets, a click each.
export function publicSets(words, open) {
  const node = el("details", { class: "adding-public", hidden: true });
  let drawn = 0;
  return {
    node,
    draw(sets) {
      node.hidden = !sets.length;
      if (drawn === sets.length) return;
      drawn = sets.length;
      node.replaceChildren(el("summary", null, words.public), el("p", null, words.public_help),
        el("ul", null, sets.map(({ data, title, words: said }) => el("li", null,
          el("button", { type: "button", class: "quiet-button", onclick: () => open(data) }, title),
          " ", said))));
    },
  };
}

// A folder of this machine to keep the index in.
export function keeping(words, keep) {
  const path = el("input", { type: "text", id: "adding-folder", placeholder: "~/my-gallery", required: true });
  const kept = el("p", { role: "status" });
  const node = el("form", { class: "adding-keep", hidden: true },
    el("label", { for: "adding-folder" }, words.keep_folder), path,
    el("button", { type: "submit", class: "quiet-button" }, words.keep),
    el("p", null, words.keep_help), kept);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(path.value);
  });
  return {
    node,
    draw(there, sentence) {
      node.hidden = !there;
      kept.textContent = sentence;
    },
  };
}
