// The stage of Look: one picture with its map, or several on one colour scale.
// props.value: see `stage` in app/look/view.py. Which map is shown stands in the address bar; how
// strongly and in which colours it is painted only here.
const { el, say, go, announce } = window.explorer;
const W = WORDS;
const root = element.querySelector(".look");

const notes = el("div", { class: "look-notes" });
const status = el("p", { class: "look-status", role: "status", hidden: true });
const modes = el("div", { class: "look-modes", role: "group", "aria-label": W.modes_label, hidden: true });
const hint = el("p", { class: "look-hint", id: "look-hint" });
const words = el("div", { class: "look-words", hidden: true });
const panels = el("div", { class: "look-panels" });
const legend = el("div", { class: "look-legend", role: "group", "aria-label": W.legend, hidden: true });
const foot = el("div", { class: "look-foot" });
root.append(modes, notes, words, status, hint, panels, legend, foot);

let views = []; // the drawn panels, in the order of value.panels
let drawn = ""; // which panels they are
let cursor = {}; // slot -> the place chosen last, which the answer may not know yet
const shade = { palette: "viridis", opacity: 0.6, low: 0, high: 1 };

// One panel: a picture, its map on a canvas, what is read there, its numbers.

function makePanel(first) {
  let panel = first;
  const picture = el("img", { class: "look-picture", src: panel.picture, alt: panel.alt });
  const canvas = el("canvas", { class: "look-canvas", "aria-hidden": "true" });
  const grid = el("div", {
    class: "look-grid", tabindex: 0, role: "application", "aria-roledescription": W.grid_role,
    "aria-describedby": "look-hint",
  });
  const frame = el("div", { class: "look-frame" }, picture, canvas, grid);
  const title = el("h3", { class: "look-title" });
  const label = el("p", { class: "look-label" });
  const close = el("button", { type: "button", class: "look-close", "aria-label": W.remove }, "×");
  close.addEventListener("click", () => go(panel.remove));
  const read = el("p", { class: "look-read", "aria-hidden": "true" });
  const parts = el("div", { class: "look-parts" });
  const table = el("div", { class: "look-table" });
  const save = el("button", { type: "button", class: "quiet-button" }, W.save);
  save.addEventListener("click", () => exportPng(panel, picture, shade, props.value.scale));
  const figure = el("figure", { class: "look-panel" },
    el("figcaption", null, title, label, close), frame, read, parts,
    el("div", { class: "look-panel-foot" }, save, table));

  const shape = () => picture.naturalWidth &&
    frame.style.setProperty("--shape", picture.naturalWidth / picture.naturalHeight);
  picture.addEventListener("load", shape);
  picture.addEventListener("error", () => frame.classList.add("is-missing"));

  function redraw() {
    const { width, height } = frame.getBoundingClientRect();
    if (!width) return;
    const dense = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    paint(canvas.getContext("2d"), panel, canvas.width, canvas.height, shade);
  }
  new ResizeObserver(redraw).observe(frame);

  const spoken = (place) => {
    if (!place) return W.nothing_there;
    const sentence = place.cell ? W.read_cell : W.read_place;
    return say(sentence, { row: place.row + 1, column: place.column + 1, value: percent(place.value),
      each: percent(place.each || 0) });
  };

  // Another place: the map follows where it is one "from this place", else the value is told.
  function choose(row, column, opens) {
    cursor[panel.slot] = [row, column];
    const at = `${row + 1},${column + 1}`;
    if (props.value.mode === "place") go({ [panel.slot]: at }, { replace: true });
    else if (opens && props.value.mode !== "words") go({ look: null, [panel.slot]: at });
    const text = spoken(valueAt(panel, row, column));
    read.textContent = text;
    if (props.value.mode !== "place") announce(text);
  }

  const under = (event) => {
    const box = grid.getBoundingClientRect();
    const place = (x, size) => Math.max(0, Math.min(panel.grid - 1, Math.floor((x / size) * panel.grid)));
    return [place(event.clientY - box.top, box.height), place(event.clientX - box.left, box.width)];
  };
  grid.addEventListener("click", (event) => choose(...under(event), true));
  grid.addEventListener("pointermove", (event) => {
    read.textContent = spoken(valueAt(panel, ...under(event)));
  });
  grid.addEventListener("pointerleave", () => (read.textContent = ""));
  grid.addEventListener("keydown", (event) => {
    const last = panel.grid - 1;
    let [row, column] = cursor[panel.slot] || panel.at || [last >> 1, last >> 1];
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1], Home: [row, 0], End: [row, last], Enter: [row, column],
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    [row, column] = moves[event.key].map((x) => Math.max(0, Math.min(last, x)));
    choose(row, column, event.key === "Enter");
  });

  function update(next) {
    panel = next;
    grid.setAttribute("aria-label", panel.spoken);
    title.textContent = panel.title;
    label.textContent = panel.label;
    label.dataset.kind = panel.trained ? "trained" : "random";
    close.hidden = !panel.remove;
    save.disabled = !panel.png;
    drawParts(parts, panel.parts);
    drawTable(table, panel.table);
    redraw();
  }
  update(panel);
  if (picture.complete) shape();
  return { figure, update, redraw };
}

const percent = (value) => (100 * value).toFixed(value >= 0.0995 ? 0 : value >= 0.00995 ? 1 : 2) + " %";

// How a place's look divides: its window, beyond it, the class token.
function drawParts(box, list) {
  box.hidden = !list;
  if (!list) return;
  box.replaceChildren(
    el("div", { class: "look-split", "aria-hidden": "true" }, list.map((part) =>
      el("span", { data: { kind: part.kind }, style: `flex-grow: ${part.share}` }))),
    el("ul", null, list.map((part) => el("li", { data: { kind: part.kind } }, part.text))));
}

function drawTable(box, value) {
  const open = box.querySelector("details")?.open;
  box.replaceChildren(el("details", { open },
    el("summary", null, W.as_table),
    el("table", null,
      el("caption", { class: "visually-hidden" }, value.caption),
      el("thead", null, el("tr", null, value.head.map((cell) => el("th", { scope: "col" }, cell)))),
      el("tbody", null, value.rows.map(([name, ...cells]) => el("tr", null,
        el("th", { scope: "row" }, name), cells.map((cell) => el("td", null, cell))))))));
}

// What kind of map; the words of the query.

function drawModes(value) {
  const inside = modes.contains(document.activeElement) && document.activeElement.dataset.name;
  modes.replaceChildren(...value.modes.map(({ name, label, on }) =>
    el("button", { type: "button", "aria-pressed": String(on), data: { name },
      onclick: () => go({ look: name === "place" ? null : name }) }, label)));
  if (inside) modes.querySelector(`[data-name="${inside}"]`)?.focus();
}

function wordChip(word, value) {
  const small = el("canvas", { width: 2 * 48, height: 2 * 48, "aria-hidden": "true" });
  paint(small.getContext("2d"), { grid: word.grid, map: word.map }, 96, 96,
    { ...shade, opacity: 1, low: value.scale.from, high: value.scale.to });
  return el("button", { type: "button", class: "look-word", "aria-pressed": String(word.on),
    data: { word: word.name }, onclick: () => go({ word: word.name || null }) }, small, el("span", null, word.text));
}

function drawWords(value) {
  words.hidden = value.mode !== "words";
  if (words.hidden) return;
  const active = words.contains(document.activeElement) ? document.activeElement : null;
  if (active?.id === "look-query" && active.value !== value.query) return;
  const focus = active && (active.id || active.dataset.word);
  const text = el("input", { type: "search", id: "look-query", maxlength: 2000, value: value.query,
    autocomplete: "off", enterkeyhint: "go", placeholder: W.query_placeholder });
  const form = el("form", { class: "look-query" }, el("label", { for: "look-query" }, W.query), text,
    el("button", { type: "submit", class: "quiet-button" }, W.query_go));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ q: text.value.trim(), drop: null, word: null });
  });
  words.replaceChildren(form, el("div", { class: "look-word-list", role: "group",
    "aria-label": W.words_label }, value.words.map((word) => wordChip(word, value))));
  if (active?.id) document.getElementById(focus)?.focus();
  else if (active) words.querySelector(`[data-word="${focus}"]`)?.focus();
}

// The colour scale that all panels share.

const low = el("span", { class: "look-low" }), high = el("span", { class: "look-high" });
const ramp = el("span", { class: "look-ramp", "aria-hidden": "true" });
const unit = el("span", { class: "look-unit" });
const opacity = el("input", { type: "range", id: "look-opacity", min: 0, max: 1, step: 0.05,
  value: shade.opacity });
const palette = el("select", { id: "look-palette" },
  Object.keys(PALETTES).map((name) => el("option", { value: name }, W.palettes[name])));
opacity.addEventListener("input", () => {
  shade.opacity = Number(opacity.value);
  views.forEach((view) => view.redraw());
});
palette.addEventListener("change", () => {
  shade.palette = palette.value;
  draw();
});
legend.append(
  el("span", { class: "look-scale" }, low, ramp, high, unit),
  el("span", { class: "slider" }, el("label", { for: "look-opacity" }, W.opacity), opacity),
  el("span", { class: "choice" }, el("label", { for: "look-palette" }, W.palette), palette));

function drawLegend({ scale }) {
  legend.hidden = !scale;
  if (!scale) return;
  [shade.low, shade.high] = [scale.from, scale.to];
  [low.textContent, high.textContent, unit.textContent] = [scale.low, scale.high, scale.unit];
  ramp.style.background = gradient(shade.palette);
}

let asked = ""; // the request that an answer is awaited for
let told = "";

function draw() {
  const value = props.value;
  if (!value) return;
  status.hidden = !value.pending;
  if (status.textContent !== (value.pending || "")) status.textContent = value.pending || "";
  panels.classList.toggle("is-waiting", Boolean(value.pending));
  notes.replaceChildren(...value.notes.map((note) =>
    el("p", { class: "note", data: { kind: note.kind }, role: note.kind === "error" ? "alert" : null },
      note.text)));
  if (value.pending) { // the answer takes seconds the first time: ask for it, and say so meanwhile
    const request = JSON.stringify(value.request);
    if (asked !== request) trigger("read", value.request);
    asked = request;
    return;
  }
  asked = "";
  modes.hidden = hint.hidden = !value.panels.length;
  drawModes(value);
  drawLegend(value);
  drawWords(value);
  hint.textContent = value.hint;
  const which = JSON.stringify(value.panels.map((panel) => [panel.key, panel.picture]));
  if (which !== drawn) {
    drawn = which;
    cursor = {};
    views = value.panels.map(makePanel);
    panels.dataset.count = views.length;
    panels.replaceChildren(...views.map((view) => view.figure));
  } else views.forEach((view, i) => view.update(value.panels[i]));
  foot.replaceChildren(...value.foot.map((line) => el("p", null, line)));
  if (value.spoken && value.spoken !== told) announce(value.spoken);
  told = value.spoken;
}
draw();
watch("value", draw);
