// Results that show nearly the same: behind the best of them until a person unfolds them.
import { el, say } from "../../kit/static/dom.js";

// cards: {card, node}; node's parent is the list's item. open: ids of unfolded heads, which is kept.
export function foldStacks(cards, open, words, changed) {
  const behind = new Map(); // head's id -> those behind it
  for (const one of cards.filter(({ card }) => card.behind)) {
    behind.set(one.card.behind, [...(behind.get(one.card.behind) || []), one]);
  }
  for (const { card, node } of cards) {
    const stack = behind.get(card.id);
    if (!stack) continue;
    const unfolded = open.has(card.id);
    for (const one of stack) one.node.parentElement.hidden = !unfolded;
    const n = stack.length + 1;
    const toggle = () => {
      unfolded ? open.delete(card.id) : open.add(card.id);
      changed();
    };
    node.parentElement.querySelector(".stack")?.remove();
    node.parentElement.append(el("button", { type: "button", class: "stack", onclick: toggle,
      "aria-expanded": String(unfolded), title: say(unfolded ? words.fold : words.unfold, { n }) },
    say(words.alike, { n })));
  }
}
