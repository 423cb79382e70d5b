// The cards of both columns: how one looks, how keys go from one to another.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

// One card's button. A card: see `CardShown` in app/search/contract.py.
export function cardButton(card, side) {
  return el("button", {
    type: "button", class: "card", tabindex: -1, data: { id: card.id, side },
    "aria-label": card.spoken, "aria-pressed": "false",
  },
  card.thumbnail
    ? el("img", { class: "card-picture", src: card.thumbnail, alt: card.alt, loading: "lazy",
      width: 132, height: 132 })
    : el("span", { class: "card-caption" }, card.title),
  el("span", { class: "card-text" },
    el("span", { class: "card-head" },
      el("span", { class: "card-rank" }, card.rank),
      el("span", { class: "card-score", title: card.unit }, card.score)),
    card.label ? el("span", { class: "card-label" }, card.label) : null,
    card.thumbnail ? el("span", { class: "card-line" }, card.line) : null,
    el("span", { class: "card-marks" },
      moveChip(card.move),
      card.truth ? el("span", { class: "truth" }, "✓ " + card.truth) : null)));
}

function moveChip(move) {
  if (!move) return null;
  return el("span", { class: "move", data: { kind: move.kind } },
    el("span", { "aria-hidden": "true" }, move.sign + " "), move.text);
}

// What stands above a column: which ranking it is, or a choice of one.
export function columnHead(column, stages) {
  return el("header", { class: "column-head" },
    column.fixed ? el("p", { class: "column-side" }, column.label) : stageChoice(column, stages),
    el("p", { class: "column-help" }, column.help));
}

function stageChoice(column, stages) {
  const id = "stage-" + column.side;
  const select = el("select", { id }, stages.map((stage) =>
    el("option", { value: stage.name, selected: stage.name === column.stage }, stage.title)));
  select.addEventListener("change", () =>
    go({ [column.side]: select.value === column.initial ? null : select.value }));
  return el("div", { class: "column-choice" },
    el("label", { for: id, class: "column-side" }, column.label), select);
}

// Keys on a card: up and down its column, across to the same scene or the same place, Escape lets go.
export function moveAmong(cards, event) {
  const one = cards.find((card) => card.node === event.target);
  if (!one) return;
  const column = cards.filter((card) => card.side === one.side);
  const place = column.indexOf(one);
  const across = () => {
    const others = cards.filter((card) => card.side !== one.side);
    return others.find((card) => card.id === one.id) || others[Math.min(place, others.length - 1)];
  };
  const steps = {
    ArrowDown: () => column[place + 1],
    ArrowUp: () => column[place - 1],
    Home: () => column[0],
    End: () => column[column.length - 1],
    ArrowLeft: () => one.side === "after" && across(),
    ArrowRight: () => one.side === "before" && across(),
  };
  if (event.key === "Escape") return go({ scene: null }, { replace: true });
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = steps[event.key]();
  if (!next) return;
  one.node.tabIndex = -1;
  next.node.tabIndex = 0;
  next.node.focus();
}
