// Two rankings of the same query side by side, joined by lines; or scenes to start from.
// props.value: see `Ranking` in app/search/contract.py.
import { el, svg } from "../../kit/static/dom.js";
import { saveCsv } from "../../kit/static/files.js";
import { go } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { cardButton, columnHead, moveAmong } from "./columns.js";
import { drawLines } from "./lines.js";
import { mosaic } from "./mosaic.js";

export function mount({ root, props, watch, words }) {
  const lines = svg("svg", { class: "ranking-lines", "aria-hidden": "true" });
  const body = el("div", { class: "ranking-body" });
  const csv = el("button", { type: "button", class: "quiet-button" }, words.csv);
  const about = el("p");
  const foot = el("footer", { class: "ranking-foot" }, csv, about);
  root.append(body, foot);

  let cards = []; // {side, id, node, card}
  let drawn = ""; // what the columns show, to leave them alone when only the selection changes

  function makeCard(card, side) {
    const node = cardButton(card, side);
    node.addEventListener("click", () => {
      mark(card.id);
      go({ scene: card.id }, { replace: true });
    });
    for (const event of ["pointerenter", "focus"]) node.addEventListener(event, () => light(card.id));
    for (const event of ["pointerleave", "blur"]) node.addEventListener(event, () => light(null));
    cards.push({ side, id: card.id, node, card });
    return el("li", null, node);
  }

  const makeColumn = (stages) => (column) =>
    el("section", { class: "column", data: { side: column.side }, "aria-label": column.label },
      columnHead(column, stages),
      el("ol", null, column.cards.map((card) => makeCard(card, column.side))));

  function drawColumns(value) {
    body.className = "ranking-body";
    const inside = body.contains(document.activeElement) ? document.activeElement : null;
    const focus = inside && (inside.id || [inside.dataset.side, inside.dataset.id]);
    cards = [];
    body.replaceChildren(lines, ...value.columns.map(makeColumn(value.stages)));
    if (cards.length) cards[0].node.tabIndex = 0;
    if (typeof focus === "string") document.getElementById(focus)?.focus();
    else if (focus) cards.find((c) => c.side === focus[0] && c.id === focus[1])?.node.focus();
    // Pictures have fixed places, so the lines can be drawn at once.
    drawLines(lines, body, cards);
  }

  function drawStart(scenes) {
    body.className = "ranking-start";
    cards = [];
    body.replaceChildren(...mosaic(scenes, words));
  }

  // Hover and selection are shown in both columns.
  function light(id) {
    for (const node of body.querySelectorAll(".card, .bump")) {
      node.classList.toggle("is-lit", id !== null && node.dataset.id === id);
    }
    body.classList.toggle("has-lit", id !== null);
  }
  function mark(id) {
    for (const { node, id: own } of cards) node.setAttribute("aria-pressed", String(own === id));
    for (const line of lines.children) line.classList.toggle("is-chosen", line.dataset.id === id);
  }

  function draw() {
    const value = props.value;
    if (!value) return;
    const { selected, ...rest } = value;
    const now = JSON.stringify(rest);
    if (now !== drawn) {
      drawn = now;
      if (value.columns.length) drawColumns(value);
      else drawStart(value.start);
      csv.hidden = !cards.length;
      about.textContent = value.foot;
      foot.hidden = !value.foot;
      if (value.summary) announce(value.summary);
    }
    mark(selected);
  }

  csv.addEventListener("click", () => saveColumns(props.value));
  new ResizeObserver(() => drawLines(lines, body, cards)).observe(body);
  root.addEventListener("keydown", (event) => moveAmong(cards, event));
  draw();
  watch("value", draw);
}

// Both columns as a file.
function saveColumns({ columns, query, source: { data, split, checkpoint }, limits }) {
  const head = ["column", "ranking", "rank", "id", "class", "caption", "score", "rank_before", "move",
    "query", "data_set", "split", "checkpoint", "limits"];
  const rows = columns.flatMap((column) => column.cards.map((card) => [
    column.label, column.title, Number(card.rank), card.id, card.label || "",
    card.thumbnail ? "" : card.title, card.value, card.was, card.move ? card.move.text : "",
    query, data, split, checkpoint, limits]));
  saveCsv([head, ...rows], data, "search");
}
