// Scenes of all galleries in one list; each opens in its own. props.value: see `AcrossShown` in
// app/search/contract.py.
import { el } from "../../kit/static/dom.js";
import { announce } from "../../kit/static/speak.js";
import { makeResult } from "./columns.js";

export function mount({ root, props, watch, words }) {
  function draw() {
    const value = props.value;
    root.hidden = !value;
    if (!value) return root.replaceChildren();
    const cards = value.cards.map((card) => {
      const { item, node } = makeResult(card, "after", words);
      node.tabIndex = 0;
      node.removeAttribute("aria-pressed"); // it leads away
      node.addEventListener("click", () => location.assign(new URL(card.href, document.baseURI)));
      return item;
    });
    root.replaceChildren(el("section", { class: "column", data: { side: "after" }, "aria-label": words.across_label },
      el("header", { class: "column-head" },
        el("p", { class: "column-side" }, value.title), el("p", { class: "column-help" }, value.help)),
      el("ol", null, cards)));
    announce(value.summary);
  }
  draw();
  watch("value", draw);
}
