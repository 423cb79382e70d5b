// The results: how one looks as a card, and what stands above a column of them.
import { el, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { setMark } from "./marks.js";

// One result: its card, and the buttons that mark it. A card: see `CardShown` in
// app/search/contract.py. Gives {item, node}; node is the card's own button.
export function makeResult(card, side, words) {
  const node = cardButton(card, side, words);
  const item = el("li", { class: "result", data: { mark: card.mark } }, node,
    card.version ? markButtons(card, words, { tabindex: -1 }) : null,
    card.version ? el("span", { class: "card-tags", data: { version: card.version } }) : null);
  return { item, node };
}

function cardButton(card, side, words) {
  const picture = card.thumbnail
    ? el("img", { class: "card-picture", src: card.thumbnail, alt: card.alt, loading: "lazy",
      width: 128, height: 128 })
    : el("span", { class: "card-caption" }, card.line);
  return el("button", {
    type: "button", class: "card", tabindex: -1, data: { id: card.id, side },
    "aria-label": card.spoken, "aria-pressed": "false", title: card.thumbnail ? card.title : null,
  },
  el("span", { class: "card-rank" }, card.rank),
  picture,
  el("span", { class: "card-text" },
    card.label ? el("span", { class: "card-label" }, card.label) : null,
    card.thumbnail && card.line ? el("span", { class: "card-line" }, card.line) : null,
    el("span", { class: "card-bar", title: words.strength, style: `--share: ${card.share}` })),
  el("span", { class: "card-marks" },
    moveChip(card.move),
    card.truth ? el("span", { class: "truth" }, "✓ " + card.truth) : null));
}

// + and −; pressing the one that holds takes the mark off.
function markButtons({ version, mark, title }, words, options = {}) {
  const one = (name, sign) => {
    const on = mark === name;
    const label = say(on ? words.unmark : words[`mark_${name}`], { name: title });
    return el("button", { type: "button", class: "mark", data: { mark: name }, title: label,
      "aria-label": label, "aria-pressed": String(on),
      onclick: () => setMark(version, on ? null : name), ...options }, sign);
  };
  return el("span", { class: "card-acts" }, one("good", "+"), one("bad", "−"));
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
