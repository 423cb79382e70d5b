// Two rankings of the same query side by side, joined by lines; or scenes to start from.
// props.value: see `ranking` in app/search/view.py.
const { el, svg, say, go, announce, saveCsv } = window.explorer;
const W = WORDS;
const root = element.querySelector(".ranking");

const lines = svg("svg", { class: "ranking-lines", "aria-hidden": "true" });
const body = el("div", { class: "ranking-body" });
const csv = el("button", { type: "button", class: "quiet-button", onclick: saveColumns }, W.csv);
const about = el("p");
const foot = el("footer", { class: "ranking-foot" }, csv, about);
root.append(body, foot);

let cards = []; // {side, id, node, card}
let drawn = ""; // what the columns show, to leave them alone when only the selection changes

// The scenes to start from.

function drawStart(scenes) {
  body.className = "ranking-start";
  cards = [];
  const open = (scene) => () => go({ tab: "search", like: scene.id, q: null, scene: null });
  body.replaceChildren(
    el("p", { class: "ranking-start-title" }, scenes.length ? W.start : ""),
    el("ul", { class: "mosaic" }, scenes.map((scene, i) => el("li", null,
      el("button", { type: "button", class: "mosaic-scene", onclick: open(scene), tabindex: i ? -1 : 0,
        "aria-label": say(W.start_with, { name: scene.title }) },
      el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 160, height: 160 }))))));
}

// A card: rank, picture or caption, score, class, how it moved.

function moveChip(move) {
  if (!move) return null;
  return el("span", { class: "move", data: { kind: move.kind } },
    el("span", { "aria-hidden": "true" }, move.sign + " "), move.text);
}

function makeCard(card, side) {
  const node = el("button", {
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
  node.addEventListener("click", () => select(card.id));
  node.addEventListener("pointerenter", () => light(card.id));
  node.addEventListener("pointerleave", () => light(null));
  node.addEventListener("focus", () => light(card.id));
  node.addEventListener("blur", () => light(null));
  cards.push({ side, id: card.id, node, card });
  return el("li", null, node);
}

function stageChoice(column) {
  const id = "stage-" + column.side;
  const select = el("select", { id }, props.value.stages.map((stage) =>
    el("option", { value: stage.name, selected: stage.name === column.stage }, stage.title)));
  select.addEventListener("change", () =>
    go({ [column.side]: select.value === column.initial ? null : select.value }));
  return el("div", { class: "column-choice" },
    el("label", { for: id, class: "column-side" }, column.label), select);
}

function makeColumn(column) {
  return el("section", { class: "column", data: { side: column.side }, "aria-label": column.label },
    el("header", { class: "column-head" },
      column.fixed
        ? el("p", { class: "column-side" }, column.label)
        : stageChoice(column),
      el("p", { class: "column-help" }, column.help)),
    el("ol", null, column.cards.map((card) => makeCard(card, column.side))));
}

function drawColumns(value) {
  body.className = "ranking-body";
  const inside = body.contains(document.activeElement) ? document.activeElement : null;
  const focus = inside && (inside.id || [inside.dataset.side, inside.dataset.id]);
  cards = [];
  body.replaceChildren(lines, ...value.columns.map(makeColumn));
  if (cards.length) cards[0].node.tabIndex = 0;
  if (typeof focus === "string") document.getElementById(focus)?.focus();
  else if (focus) cards.find((c) => c.side === focus[0] && c.id === focus[1])?.node.focus();
  // Pictures have fixed places, so the lines can be drawn at once.
  drawLines();
}

// Lines from a scene's place before to its place after.

function drawLines() {
  lines.replaceChildren();
  const box = body.getBoundingClientRect();
  if (!box.width || !cards.length) return;
  lines.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const at = (node, edge) => {
    const r = node.getBoundingClientRect();
    return [r[edge] - box.left, r.top + r.height / 2 - box.top];
  };
  const after = new Map(cards.filter((c) => c.side === "after").map((c) => [c.id, c]));
  for (const one of cards.filter((c) => c.side === "before")) {
    const other = after.get(one.id);
    const [x1, y1] = at(one.node, "right");
    if (!other) continue;
    const [x2, y2] = at(other.node, "left");
    const mid = (x1 + x2) / 2;
    lines.append(svg("path", {
      d: `M${x1 + 4},${y1} C${mid},${y1} ${mid},${y2} ${x2 - 4},${y2}`,
      class: "bump", data: { id: one.id, kind: other.card.move?.kind || "same" },
    }));
  }
}
new ResizeObserver(drawLines).observe(body);

// Both columns as a file.

function saveColumns() {
  const { columns, query, source: { data, split, checkpoint }, limits } = props.value;
  const head = ["column", "ranking", "rank", "id", "class", "caption", "score", "rank_before", "move",
    "query", "data_set", "split", "checkpoint", "limits"];
  const rows = columns.flatMap((column) => column.cards.map((card) => [
    column.label, column.title, Number(card.rank), card.id, card.label || "",
    card.thumbnail ? "" : card.title, card.value, card.was, card.move ? card.move.text : "",
    query, data, split, checkpoint, limits]));
  saveCsv([head, ...rows], data, "search");
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

function select(id) {
  mark(id);
  go({ scene: id }, { replace: true });
}

// Arrow keys go from scene to scene of the start, up and down by its columns.
root.addEventListener("keydown", (event) => {
  const scenes = [...body.querySelectorAll(".mosaic-scene")];
  const place = scenes.indexOf(event.target);
  if (place < 0) return;
  const columns = scenes.filter((scene) => scene.offsetTop === scenes[0].offsetTop).length;
  const steps = {
    ArrowRight: place + 1, ArrowLeft: place - 1, ArrowDown: place + columns,
    ArrowUp: place - columns, Home: 0, End: scenes.length - 1,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = scenes[steps[event.key]];
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

root.addEventListener("keydown", (event) => {
  const one = cards.find((c) => c.node === event.target);
  if (!one) return;
  const column = cards.filter((c) => c.side === one.side);
  const place = column.indexOf(one);
  const across = () => {
    const others = cards.filter((c) => c.side !== one.side);
    return others.find((c) => c.id === one.id) || others[Math.min(place, others.length - 1)];
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
});

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
draw();
watch("value", draw);
