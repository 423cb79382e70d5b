// Two rankings of the same query side by side, joined by lines; or the right one as a grid; or scenes
// to start from. props.value: see `Ranking` in app/search/contract.py.
import { el, svg } from "../../kit/static/dom.js";
import { saveCsv } from "../../kit/static/files.js";
import { go } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { makeBench, setLayout } from "./bench.js";
import { columnHead, makeResult } from "./columns.js";
import { freshNow } from "./kept-search.js";
import { foundIs, kept, onKept } from "./kept-state.js";
import { takeKeys } from "./keys.js";
import { drawLines } from "./lines.js";
import { setMark, undoMark } from "./marks.js";
import { foldStacks } from "./stacks.js";
import { mosaic } from "./mosaic.js";
import { current, moveAmong, step } from "./moving.js";

export function mount({ element, root, props, watch, words }) {
  const lines = svg("svg", { class: "ranking-lines", "aria-hidden": "true" });
  const body = el("div", { class: "ranking-body" });
  const csv = el("button", { type: "button", class: "quiet-button", hidden: true }, words.csv);
  const about = el("p");
  const foot = el("footer", { class: "ranking-foot", hidden: true }, csv, about);
  let cards = []; // {side, id, node, card}
  let results = new Map(); // what is drawn of a card: {item, node}, by all that it shows
  let made = results; // the same, while the next are drawn
  const unfolded = new Set(); // ids of cards whose stack is shown
  let drawn = ""; // what the columns show, to leave them alone when only the selection changes

  const shown = () => cards.filter((one) => !one.node.parentElement.hidden);
  const mark = (name) => () => {
    const one = current(cards);
    if (one?.card.version) setMark(one.card.version, one.card.mark === name ? null : name);
  };
  const keys = takeKeys({
    words,
    shown: () => element.offsetParent && props.value?.bench,
    acts: {
      j: () => step(shown(), "j"),
      k: () => step(shown(), "k"),
      "+": mark("good"),
      "-": mark("bad"),
      u: undoMark,
      t: () => {
        const one = current(cards)?.card;
        if (one?.version) tell("explorer:tag", { version: one.version, id: one.id });
      },
      g: () => setLayout(props.value.bench.layout === "grid" ? "compare" : "grid"),
      z: () => tell("explorer:enlarge"),
      e: () => tell("explorer:judge"),
      c: () => tell("explorer:collections"),
    },
  });
  const bench = makeBench(words, { help: keys.open });
  root.append(bench.node, body, foot);

  // A result that stays as it is keeps its elements, so that its picture need not load again.
  function makeCard(card, side) {
    const key = side + JSON.stringify(card);
    const old = results.get(key);
    const { item, node } = old || makeResult(card, side, words);
    made.set(key, { item, node });
    cards.push({ side, id: card.id, node, card });
    if (old) {
      item.hidden = false;
      item.querySelector(".stack")?.remove();
      node.tabIndex = -1;
      return item;
    }
    node.addEventListener("click", () => {
      choose(card.id);
      go({ scene: card.id }, { replace: true });
    });
    for (const event of ["pointerenter", "focus"]) node.addEventListener(event, () => light(card.id));
    for (const event of ["pointerleave", "blur"]) node.addEventListener(event, () => light(null));
    return item;
  }

  const makeColumn = (stages) => (column) =>
    el("section", { class: "column", data: { side: column.side }, "aria-label": column.label },
      columnHead(column, stages),
      el("ol", null, column.cards.map((card) => makeCard(card, column.side))));

  function drawColumns({ bench: { layout, size }, columns, stages }) {
    const grid = layout === "grid";
    body.className = grid ? "ranking-body is-grid" : "ranking-body";
    body.style.setProperty("--size", `${size.value}px`);
    const inside = body.contains(document.activeElement) ? document.activeElement : null;
    const held = cards.find((one) => one.node === inside);
    const place = held && cards.filter((one) => one.side === held.side).indexOf(held);
    cards = [];
    made = new Map();
    const shown = grid ? columns.filter((column) => column.side === "after") : columns;
    body.replaceChildren(...(grid ? [] : [lines]), ...shown.map(makeColumn(stages)));
    results = made;
    if (cards.length) cards[0].node.tabIndex = 0;
    fold();
    if (held) refocus(held, place);
    else if (inside?.id) document.getElementById(inside.id)?.focus();
    redrawLines();
  }

  // The scene that had the focus, or what stands in its place now.
  function refocus(held, place) {
    const column = cards.filter((one) => one.side === held.side);
    (column.find((one) => one.id === held.id) || column[Math.min(place, column.length - 1)])?.node.focus();
  }

  const fold = () => foldStacks(cards, unfolded, words, fold);

  // Pictures have fixed places, so the lines can be drawn at once.
  const redrawLines = () => drawLines(lines, body, lines.isConnected ? cards : []);

  function drawStart(scenes) {
    body.className = "ranking-start";
    cards = [];
    results = new Map();
    body.replaceChildren(...mosaic(scenes, words));
  }

  // Hover and selection are shown in both columns.
  function light(id) {
    for (const node of body.querySelectorAll(".card, .bump")) {
      node.classList.toggle("is-lit", id !== null && node.dataset.id === id);
    }
    body.classList.toggle("has-lit", id !== null);
  }
  function choose(id) {
    for (const { node, id: own } of cards) node.setAttribute("aria-pressed", String(own === id));
    for (const line of lines.children) line.classList.toggle("is-chosen", line.dataset.id === id);
  }

  // Which tags a scene has, and whether a saved search shows it for the first time.
  function paintTags({ tags }) {
    const found = cards.filter(({ side, card }) => side === "after" && card.version);
    const fresh = freshNow(found.map(({ card }) => card.version));
    for (const { card, node } of found) {
      node.querySelector(".fresh")?.remove();
      if (!fresh.includes(card.version)) continue;
      node.querySelector(".card-marks").append(el("span", { class: "fresh", title: words.fresh }, words.fresh));
    }
    for (const node of body.querySelectorAll(".card-tags")) {
      const own = tags.filter((tag) => tag.scenes.some((one) => one.version === node.dataset.version));
      node.replaceChildren(...own.map((tag) =>
        el("span", { data: { colour: tag.colour }, role: "img", title: tag.name, "aria-label": tag.name })));
    }
  }

  function draw() {
    const value = props.value;
    if (!value) return;
    const { selected, ...rest } = value;
    const now = JSON.stringify(rest);
    if (now !== drawn) {
      drawn = now;
      bench.draw(value.bench);
      if (value.columns.length) drawColumns(value);
      else drawStart(value.start);
      csv.hidden = !cards.length;
      about.textContent = value.foot;
      foot.hidden = !value.foot;
      if (value.summary) announce(value.summary);
      paintTags(kept());
      if (value.source.data) foundIs(found(value));
    }
    choose(selected);
  }

  csv.addEventListener("click", () => saveColumns(props.value));
  // While the slider is held, the grid follows before the answer comes.
  bench.node.addEventListener("input", (event) => {
    if (event.target.id === "option-size") body.style.setProperty("--size", `${event.target.value}px`);
  });
  new ResizeObserver(redrawLines).observe(body);
  root.addEventListener("keydown", (event) => moveAmong(shown(), event));
  draw();
  onKept(paintTags);
  watch("value", draw);
}

// What is shown, for who keeps and judges it: the scenes of both columns.
function found({ columns, words: query, right }) {
  const scenes = (side) =>
    (columns.find((column) => column.side === side)?.cards || []).filter((card) => card.version);
  return { query, right, before: scenes("before"), after: scenes("after"),
    versions: scenes("after").map((card) => card.version) };
}

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

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
