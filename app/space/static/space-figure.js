// The map: its points on a canvas, and over it a plotly.js figure with the pointer's modes, names,
// lines and pictures; both drawn from the state and its camera.
import { el } from "../../kit/static/dom.js";
import { calm, isDark } from "../../kit/static/theme.js";
import { loadPlotly } from "../../kit/static/plotly.js";
import { Camera, worldOf } from "./space-camera.js";
import { dotter } from "./space-dots.js";
import { marksOf } from "./space-marks.js";
import { savePng } from "./space-png.js";

const GLIDE = 700; // milliseconds from one space to another
const MODES = { move: "pan", add: "pan", lasso: "lasso", box: "select" };
const NO_MARKS = { annotations: [], shapes: [], images: [] };
const CLEAR = "rgba(0,0,0,0)";

const CONFIG = {
  scrollZoom: true, displayModeBar: false, showAxisDragHandles: false, doubleClick: false,
  showTips: false, displaylogo: false, responsive: false,
};

// state: see space.js; told: {clicked(), caught(numbers), moved(), themed()}
export function figure({ points, state, words, settings, told, current }) {
  const { palette, font } = settings;
  const node = el("div", { class: "map-figure", "aria-hidden": "true" });
  const canvas = el("canvas", { class: "map-dots", "aria-hidden": "true" });
  const camera = new Camera();
  const dots = dotter({ points, palette });
  let Plotly = null;
  let world = new Float32Array(0);
  let tones = {};
  let [due, whole, gliding, tool, drawn] = [0, false, 0, "move", false];

  function tone(name) {
    if (name === "veil") return isDark() ? "rgba(22,30,28,0.72)" : "rgba(255,255,255,0.78)";
    return (tones[name] ||= getComputedStyle(document.body).getPropertyValue(`--${name}`).trim());
  }

  // What is in colour: of the kind that is shown alone, and of the selection. null: everything.
  function lit() {
    const { solo, selected, kinds } = state;
    if (solo === null && !selected.size) return null;
    return (i) => (solo === null || kinds.of[i] === solo) && (!selected.size || selected.has(i));
  }

  const isHere = (i) => i >= 0 && 2 * i < world.length;
  const placeOf = (i) => [world[2 * i], world[2 * i + 1]];

  function queryPlace() {
    const place = current().query?.places[state.view];
    return place ? [place[0], 1 - place[1]] : null;
  }

  const marks = () => marksOf({
    points, state, words, palette, camera, world, placeOf, isHere, tone, value: current(), lit: lit(),
    dark: isDark(), queryPlace: queryPlace(),
  });

  function layout(over) {
    const axis = (range) =>
      ({ range: [...range], visible: false, autorange: false, showgrid: false, zeroline: false });
    const { x, y } = camera.ranges;
    return {
      width: camera.wide, height: camera.high, margin: { l: 0, r: 0, t: 0, b: 0 },
      xaxis: axis(x), yaxis: axis(y), dragmode: MODES[tool], hovermode: false,
      clickanywhere: true, showlegend: false, selections: [],
      newselection: { line: { color: tone("accent"), width: 2, dash: "dash" } },
      paper_bgcolor: CLEAR, plot_bgcolor: CLEAR,
      font: { family: `"${font}", system-ui, sans-serif` }, ...over,
    };
  }

  const isReady = () => camera.wide && state.kinds && world.length === points.places[state.view]?.length;

  const drawDots = (where = canvas, ratio = where.width / camera.wide, at = world) =>
    dots(where, ratio, { world: at, state, camera, dark: isDark(), lit: lit(), ground: tone("panel") });

  // At the next frame: everything, or the points alone.
  function paint(all = true) {
    whole ||= all;
    due ||= requestAnimationFrame(draw);
  }

  function draw() {
    const all = whole;
    [due, whole] = [0, false];
    if (!isReady() || gliding) return; // a glide's last frame draws
    drawDots();
    if (all && Plotly) {
      Plotly.react(node, [], layout(marks()), CONFIG);
      if (!drawn) listen();
    }
    told.moved();
  }

  function listen() {
    drawn = true;
    node.on("plotly_click", told.clicked);
    node.on("plotly_selected", (event) => event && told.caught(caught(event)));
    node.on("plotly_relayouting", (change) => take(change) && paint(false));
    node.on("plotly_relayout", (change) => {
      if (change.selections?.length) Plotly.relayout(node, { selections: [] }); // the line has served
      if (take(change)) paint();
    });
  }

  // Pan and wheel are the library's; the camera follows.
  function take(change) {
    const side = (axis) => [0, 1].map((k) => change[`${axis}.range[${k}]`] ?? change[`${axis}.range`]?.[k]);
    const [x, y] = [side("xaxis"), side("yaxis")];
    if (![...x, ...y].every(Number.isFinite)) return false;
    camera.take({ x, y });
    return true;
  }

  // The points inside what was drawn; those that are grey by wish are passed over.
  function caught({ lassoPoints, range }) {
    const shape = lassoPoints ? lassoPoints.x.map((x, k) => [x, lassoPoints.y[k]])
      : range ? [[range.x[0], range.y[0]], [range.x[1], range.y[0]], [range.x[1], range.y[1]],
        [range.x[0], range.y[1]]] : [];
    const inside = insideOf(shape);
    return Array.from({ length: world.length / 2 }, (_, i) => i).filter((i) =>
      (state.solo === null || state.kinds.of[i] === state.solo) && inside(...placeOf(i)));
  }

  // The nearest point to a place on the screen, those in colour before grey ones; -1: none is near.
  function pointAt(at, reach = 14) {
    const [x, y] = camera.toWorld(at);
    const shown = lit();
    let [best, nearest] = [-1, (reach / camera.unit) ** 2];
    for (let i = 0; i < world.length / 2; i++) {
      const [dx, dy] = [world[2 * i] - x, world[2 * i + 1] - y];
      const distance = (dx * dx + dy * dy) * (!shown || shown(i) ? 1 : 3);
      if (distance < nearest) [best, nearest] = [i, distance];
    }
    return best;
  }

  // Go to another space; the points glide there, so that one sees where each went.
  function show(view) {
    const from = world;
    state.view = view;
    cancelAnimationFrame(gliding);
    gliding = 0;
    world = worldOf(points, view, camera);
    camera.fit();
    if (!drawn || calm() || from.length !== world.length) return paint();
    glide(from, world);
  }

  function glide(from, to) {
    const began = performance.now();
    Plotly.react(node, [], layout(NO_MARKS), CONFIG);
    const step = (now) => {
      const t = Math.min(1, Math.max(0, now - began) / GLIDE);
      gliding = t < 1 ? requestAnimationFrame(step) : 0;
      if (!gliding) return paint();
      const eased = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
      drawDots(canvas, canvas.width / camera.wide, from.map((v, k) => v + (to[k] - v) * eased));
    };
    gliding = requestAnimationFrame(step);
  }

  function resize(width, height) {
    const turned = camera.wide >= camera.high !== width >= height;
    [camera.wide, camera.high] = [width, height];
    const ratio = Math.min(3, devicePixelRatio || 1);
    [canvas.width, canvas.height] = [width, height].map((side) => Math.round(side * ratio));
    if (points.places[state.view] && (turned || !drawn)) {
      world = worldOf(points, state.view, camera);
      camera.fit();
    }
    paint();
  }

  const png = (name) => savePng(Plotly, name, {
    points: drawDots, layout: layout(marks()), camera, state, palette, dark: isDark(), tone,
    told: `${current().foot} ${words.axes}`,
  });

  new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (width && height) resize(Math.round(width), Math.round(height));
  }).observe(node);

  new MutationObserver(() => {
    tones = {};
    told.themed();
    paint();
  }).observe(document.body, { attributeFilter: ["class"] });

  return {
    nodes: [canvas, node], camera, placeOf, isHere, pointAt, lit, paint, show, png,
    hasQuery: () => Boolean(queryPlace()),
    async load() {
      Plotly = await loadPlotly(settings.plotly);
      paint();
    },
    // By `relayout`: of a mode that selects, `react` would not prepare the line.
    use(name) {
      tool = name;
      if (drawn) Plotly.relayout(node, { dragmode: MODES[name] });
    },
  };
}

// Whether a place lies inside a polygon: how often a ray from it crosses the line.
function insideOf(shape) {
  const [xs, ys] = [shape.map(([x]) => x), shape.map(([, y]) => y)];
  return (x, y) => {
    let inside = false;
    for (let a = 0, b = shape.length - 1; a < shape.length; b = a++) {
      if (ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a]) {
        inside = !inside;
      }
    }
    return inside;
  };
}
