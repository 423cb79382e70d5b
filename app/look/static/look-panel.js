// One panel of Look: a picture, its map on a canvas, what is read there, its numbers.
import { el, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { percent } from "../../kit/static/numbers.js";
import { announce } from "../../kit/static/speak.js";
import { table } from "../../kit/static/table.js";
import { paint, valueAt } from "./look-paint.js";
import { exportPng } from "./look-png.js";

// stage: {words, shade, cursor, png, value()}; cursor has the place chosen last of each slot, which
// the answer may not know yet.
export function makePanel(first, stage) {
  const { words } = stage;
  let panel = first;
  const picture = el("img", { class: "look-picture", src: panel.picture, alt: panel.alt });
  const canvas = el("canvas", { class: "look-canvas", "aria-hidden": "true" });
  const grid = el("div", {
    class: "look-grid", tabindex: 0, role: "application", "aria-roledescription": words.grid_role,
    "aria-describedby": "look-hint",
  });
  const frame = el("div", { class: "look-frame" }, picture, canvas, grid);
  const title = el("h3", { class: "look-title" });
  const label = el("p", { class: "look-label" });
  const close = el("button", { type: "button", class: "look-close", "aria-label": words.remove }, "×");
  close.addEventListener("click", () => go(panel.remove));
  const read = el("p", { class: "look-read", "aria-hidden": "true" });
  const parts = el("div", { class: "look-parts" });
  const figures = el("div", { class: "look-table" });
  const save = el("button", { type: "button", class: "quiet-button" }, words.save);
  save.addEventListener("click", () =>
    exportPng(panel, picture, stage.shade, stage.value().scale, stage.png));
  const figure = el("figure", { class: "look-panel" },
    el("figcaption", null, title, label, close), frame, read, parts,
    el("div", { class: "look-panel-foot" }, save, figures));

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
    paint(canvas.getContext("2d"), panel, canvas.width, canvas.height, stage.shade);
  }
  new ResizeObserver(redraw).observe(frame);
  readPlaces(grid, read, () => panel, stage);

  function update(next) {
    panel = next;
    grid.setAttribute("aria-label", panel.spoken);
    title.textContent = panel.title;
    label.textContent = panel.label;
    label.dataset.kind = panel.trained ? "trained" : "random";
    close.hidden = !panel.remove;
    save.disabled = !panel.png;
    drawParts(parts, panel.parts);
    drawTable(figures, panel.table, words);
    redraw();
  }
  update(panel);
  if (picture.complete) shape();
  return { figure, update, redraw };
}

// Pointer and keyboard on the grid of places: what one holds is told, a chosen one opens.
function readPlaces(grid, read, current, stage) {
  const { words, cursor } = stage;
  const spoken = (place) => {
    if (!place) return current().nothing;
    const sentence = place.cell ? words.read_cell : words.read_place;
    return say(sentence, { row: place.row + 1, column: place.column + 1,
      value: percent(place.value), each: percent(place.each || 0) });
  };

  // Another place: the map follows where it is one "from this place", else the value is told.
  function choose(row, column, opens) {
    const panel = current();
    const { mode } = stage.value();
    cursor[panel.slot] = [row, column];
    const at = `${row + 1},${column + 1}`;
    if (mode === "place") go({ [panel.slot]: at }, { replace: true });
    else if (opens && mode !== "score") go({ look: null, [panel.slot]: at });
    const text = spoken(valueAt(panel, row, column));
    read.textContent = text;
    if (mode !== "place") announce(text);
  }

  const under = (event) => {
    const box = grid.getBoundingClientRect();
    const n = current().grid;
    const place = (x, size) => Math.max(0, Math.min(n - 1, Math.floor((x / size) * n)));
    return [place(event.clientY - box.top, box.height), place(event.clientX - box.left, box.width)];
  };
  grid.addEventListener("click", (event) => choose(...under(event), true));
  grid.addEventListener("pointermove", (event) => {
    read.textContent = spoken(valueAt(current(), ...under(event)));
  });
  grid.addEventListener("pointerleave", () => (read.textContent = ""));
  grid.addEventListener("keydown", (event) => {
    const panel = current();
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
}

// How a place's look divides: its window, beyond it, the class token; or a score, for and against.
function drawParts(box, list) {
  box.hidden = !list;
  if (!list) return;
  box.replaceChildren(
    el("div", { class: "look-split", "aria-hidden": "true" }, list.map((part) =>
      el("span", { data: { kind: part.kind }, style: `flex-grow: ${part.share}` }))),
    el("ul", null, list.map((part) => el("li", { data: { kind: part.kind } }, part.text))));
}

function drawTable(box, rows, words) {
  const open = box.querySelector("details")?.open;
  box.replaceChildren(el("details", { open }, el("summary", null, words.as_table), table(rows)));
}
