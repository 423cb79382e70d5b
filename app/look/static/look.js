// The stage of Look: one picture with its map, or several on one colour scale.
// props.value: see `Stage`, `Waiting` in app/look/contract.py. Which map is shown stands in the address bar; how
// strongly and in which colours it is painted only here.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { gradient, stopsOf } from "./look-paint.js";
import { makePanel } from "./look-panel.js";
import { makeCheck } from "./look-check.js";
import { drawWords } from "./look-words.js";

export function mount({ root, props, trigger, watch, words, settings }) {
  const notes = el("div", { class: "look-notes" });
  const status = el("p", { class: "look-status", role: "status", hidden: true });
  const modes = el("div", { class: "look-modes", role: "group", "aria-label": words.modes_label, hidden: true });
  const hint = el("p", { class: "look-hint", id: "look-hint" });
  const query = el("div", { class: "look-words", hidden: true });
  const panels = el("div", { class: "look-panels" });
  const foot = el("div", { class: "look-foot" });
  const check = makeCheck({ link: settings.plotly, value: () => props.value, trigger, words });

  const shade = { stops: stopsOf(settings.palettes[settings.palette]), opacity: settings.opacity,
    low: 0, high: 1 };
  const stage = { words, shade, cursor: {}, png: settings.png, value: () => props.value };
  const legend = makeLegend({ words, settings, shade, draw, redraw: () => views.forEach((view) => view.redraw()) });
  root.append(modes, notes, query, status, hint, panels, legend.node, check.node, foot);

  let views = []; // the drawn panels, in the order of value.panels
  let drawn = ""; // which panels they are
  let asked = ""; // the request that an answer is awaited for
  let told = "";

  function drawWaiting(value) {
    status.hidden = !value.pending;
    if (status.textContent !== (value.pending || "")) status.textContent = value.pending || "";
    panels.classList.toggle("is-waiting", Boolean(value.pending));
    const request = value.pending ? JSON.stringify(value.request) : "";
    // The answer takes seconds the first time: ask for it, and say so meanwhile.
    if (request && asked !== request) trigger("read", value.request);
    asked = request;
  }

  function drawPanels(list) {
    const which = JSON.stringify(list.map((panel) => [panel.key, panel.picture]));
    if (which === drawn) return views.forEach((view, i) => view.update(list[i]));
    drawn = which;
    stage.cursor = {};
    views = list.map((panel) => makePanel(panel, stage));
    panels.dataset.count = views.length;
    panels.replaceChildren(...views.map((view) => view.figure));
  }

  function draw() {
    const value = props.value;
    if (!value) return;
    notes.replaceChildren(...value.notes.map((note) =>
      el("p", { class: "note", data: { kind: note.kind }, role: note.kind === "error" ? "alert" : null },
        note.text)));
    drawWaiting(value);
    if (value.pending) return;
    modes.hidden = hint.hidden = !value.panels.length;
    drawModes(modes, value.modes);
    legend.draw(value.scale);
    drawWords(query, value, words, settings);
    hint.textContent = value.hint;
    drawPanels(value.panels);
    check.draw(value.check);
    foot.replaceChildren(...value.foot.map((line) => el("p", null, line)));
    if (value.spoken && value.spoken !== told) announce(value.spoken);
    told = value.spoken;
  }
  draw();
  watch("value", draw);
}

// What kind of map.
function drawModes(box, modes) {
  const inside = box.contains(document.activeElement) && document.activeElement.dataset.name;
  box.replaceChildren(...modes.map(({ name, label, on, params }) =>
    el("button", { type: "button", "aria-pressed": String(on), data: { name },
      onclick: () => go(params) }, label)));
  if (inside) box.querySelector(`[data-name="${inside}"]`)?.focus();
}

// The colour scale that all panels share, and how it is laid over their pictures.
function makeLegend({ words, settings, shade, draw, redraw }) {
  const low = el("span", { class: "look-low" }), high = el("span", { class: "look-high" });
  const ramp = el("span", { class: "look-ramp", "aria-hidden": "true" });
  const unit = el("span", { class: "look-unit" });
  const opacity = el("input", { type: "range", id: "look-opacity", min: 0, max: 1, step: 0.05,
    value: shade.opacity });
  const palette = el("select", { id: "look-palette" }, Object.keys(settings.palettes).map((name) =>
    el("option", { value: name, selected: name === settings.palette }, words.palettes[name])));
  opacity.addEventListener("input", () => {
    shade.opacity = Number(opacity.value);
    redraw();
  });
  palette.addEventListener("change", () => {
    shade.stops = stopsOf(settings.palettes[palette.value]);
    draw();
  });
  const node = el("div", { class: "look-legend", role: "group", "aria-label": words.legend, hidden: true },
    el("span", { class: "look-scale" }, low, ramp, high, unit),
    el("span", { class: "slider" }, el("label", { for: "look-opacity" }, words.opacity), opacity),
    el("span", { class: "choice" }, el("label", { for: "look-palette" }, words.palette), palette));

  function drawScale(scale) {
    node.hidden = !scale;
    if (!scale) return;
    [shade.low, shade.high] = [scale.least, scale.most];
    [low.textContent, high.textContent, unit.textContent] = [scale.low, scale.high, scale.unit];
    ramp.style.background = gradient(shade.stops);
  }
  return { node, draw: drawScale };
}
