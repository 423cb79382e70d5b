// A file that Errors made, handed to the browser. props.value: see `FileShown` in app/errors/contract.py.
import { el, refill } from "../../kit/static/dom.js";
import { save } from "../../kit/static/files.js";
import { announce } from "../../kit/static/speak.js";

export function mount({ root, props, watch, words }) {
  let given = 0;

  function give() {
    const value = props.value;
    if (!value || value.count === given) return;
    given = value.count;
    if (value.problem) {
      return refill(root, el("p", { class: "note", role: "alert", data: { kind: "error" } }, value.problem));
    }
    refill(root);
    save(new Blob([value.text], { type: value.kind }), value.name);
    announce(words.saved);
  }
  give();
  watch("value", give);
}
