// Which result the keys lead to. A card here: {side, id, node, card}.
import { go } from "../../kit/static/go.js";

// The card at `event`'s key from the one that has the focus; null where the key is none of these.
function nextOf(cards, one, key) {
  const column = cards.filter((card) => card.side === one.side);
  const place = column.indexOf(one);
  const grid = cards.every((card) => card.side === one.side);
  const across = (side) => {
    if (grid) return column[place + (side === "after" ? 1 : -1)];
    if (one.side === side) return undefined;
    const others = cards.filter((card) => card.side === side);
    return others.find((card) => card.id === one.id) || others[Math.min(place, others.length - 1)];
  };
  const row = grid
    ? column.filter((card) => card.node.offsetTop === column[0].node.offsetTop).length || 1 : 1;
  const steps = {
    ArrowDown: () => column[place + row],
    ArrowUp: () => column[place - row],
    Home: () => column[0],
    End: () => column[column.length - 1],
    ArrowLeft: () => across("before"),
    ArrowRight: () => across("after"),
    j: () => column[place + 1],
    k: () => column[place - 1],
  };
  return key in steps ? steps[key]() : null;
}

function focusCard(cards, next) {
  for (const card of cards) card.node.tabIndex = card === next ? 0 : -1;
  next.node.focus();
}

// Arrows, Home, End on a card; Escape lets the chosen one go.
export function moveAmong(cards, event) {
  const one = cards.find((card) => card.node === event.target);
  if (!one) return;
  if (event.key === "Escape") return go({ scene: null }, { replace: true });
  if (event.key === "j" || event.key === "k") return; // keys.js has them from everywhere
  const next = nextOf(cards, one, event.key);
  if (next === null) return;
  event.preventDefault();
  if (next) focusCard(cards, next);
}

// j and k, from the card that has the focus or is chosen, else to the first of the right column.
export function step(cards, key) {
  const one = current(cards);
  const next = one ? nextOf(cards, one, key) : cards.find((card) => card.side === "after");
  if (next) focusCard(cards, next);
}

// The card that keys mean: the one with the focus, else the chosen one.
export function current(cards) {
  const chosen = (card) => card.node.getAttribute("aria-pressed") === "true";
  return cards.find((card) => card.node === document.activeElement)
    || cards.find((card) => card.side === "after" && chosen(card)) || cards.find(chosen);
}
