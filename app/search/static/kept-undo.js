// What was just deleted, with a button that brings it back.
import { el, refill } from "../../kit/static/dom.js";
import { change } from "./kept-state.js";

// Gives {node, offer(sentence, content), clear()}; content: what is brought back, as in a file that
// was taken away.
export function makeUndo(words) {
  const node = el("p", { class: "kept-undo", role: "status", hidden: true });
  const clear = () => { node.hidden = true; };
  function offer(sentence, content) {
    const back = el("button", { type: "button", class: "quiet-button",
      onclick: () => {
        change({ op: "bring", content: { tags: [], searches: [], judged: [], ...content } });
        clear();
      } }, words.undo);
    refill(node, sentence, " ", back);
    node.hidden = false;
    back.focus(); // what was pressed is gone
  }
  return { node, offer, clear };
}
