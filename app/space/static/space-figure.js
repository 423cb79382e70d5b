// The map as a plotly.js figure: drawn from the state, its camera, and what it tells of a pointer.
import { el } from "../../kit/static/dom.js";
import { calm, isDark } from "../../kit/static/theme.js";
import { loadPlotly } from "../../kit/static/plotly.js";
import { Camera, worldOf } from "./space-camera.js";
import { marksOf, sourceMark } from "./space-marks.js";
import { legendTraces, tracer } from "./space-traces.js";

const GLIDE = 700; // milliseconds from one space to another
const [SIDE, FOOT] = [280, 90]; // pixels of a saved picture beside and below the map
const MODES = { move: "pan", add: "pan", lasso: "lasso", box: "select" };

const CONFIG = {
  scrollZoom: true, displayModeBar: false, showAxisDragHandles: false, doubleClick: false,
  showTips: false, displaylogo: false, responsive: false,
};

const hasWebgl = () => Boolean(document.createElement("canvas").getContext("webgl"));

// state: see space.js; told: {hovered(i), clicked(i), caught(numbers), moved()}
export function figure({ points, state, words, settings, told, current }) {
  const { palette, font } = settings;
  const node = el("div", { class: "map-figure", "aria-hidden": "true" });
  const camera = new Camera();
  const { traces, number, moved } = tracer({
    points, palette, type: hasWebgl() ? "scattergl" : "scatter", // slower, and the same for a person
  });
  let Plotly = null;
  let world = new Float32Array(0);
  let tones = {};
  let [due, gliding, tool, drawn] = [0, 0, "move", false];

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

  const placeOf = (i) => [world[2 * i], world[2 * i + 1]];

  function queryPlace() {
    const place = current().query?.places[state.view];
    return place ? [place[0], 1 - place[1]] : null;
  }

  const marks = () => marksOf({
    points, state, words, palette, camera, world, placeOf, tone, value: current(), lit: lit(),
    dark: isDark(), queryPlace: queryPlace(),
  });

  function layout() {
    const axis = (range) =>
      ({ range: [...range], visible: false, autorange: false, showgrid: false, zeroline: false });
    const { x, y } = camera.ranges;
    return {
      width: camera.wide, height: camera.high, margin: { l: 0, r: 0, t: 0, b: 0 },
      xaxis: axis(x), yaxis: axis(y), dragmode: MODES[tool], hovermode: "closest",
      hoverdistance: 14, clickanywhere: true, showlegend: false, selections: [],
      newselection: { line: { color: tone("accent"), width: 2, dash: "dash" } },
      paper_bgcolor: tone("panel"), plot_bgcolor: tone("panel"),
      font: { family: `"${font}", system-ui, sans-serif` }, ...marks(),
    };
  }

  // Copies, because plotly.js writes a selection into what it is given.
  const shown = () => traces({ world, state, dark: isDark(), zoom: camera.zoom, lit: lit() })
    .map((trace) => ({ ...trace }));

  function paint() {
    due ||= requestAnimationFrame(() => {
      due = 0;
      draw();
    });
  }

  function draw() {
    if (!Plotly || !camera.wide || !state.kinds || world.length !== 2 * points.size) return;
    if (gliding) return; // its last frame draws
    Plotly.react(node, shown(), layout(), CONFIG);
    if (!drawn) listen();
    told.moved();
  }

  function listen() {
    drawn = true;
    node.on("plotly_hover", ({ points: [point] }) =>
      told.hovered(number(point.curveNumber, point.pointNumber)));
    node.on("plotly_unhover", () => told.hovered(-1));
    node.on("plotly_click", ({ points: [point] }) =>
      told.clicked(point ? number(point.curveNumber, point.pointNumber) : -1));
    node.on("plotly_selected", (event) => event && told.caught(caught(event)));
    node.on("plotly_relayouting", (change) => take(change) && told.moved());
    node.on("plotly_relayout", (change) => take(change) && paint());
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
    return Array.from({ length: points.size }, (_, i) => i).filter((i) =>
      (state.solo === null || state.kinds.of[i] === state.solo) && inside(...placeOf(i)));
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
    const step = async (now) => {
      const t = Math.min(1, Math.max(0, now - began) / GLIDE);
      if (t === 1) {
        gliding = 0;
        return draw();
      }
      const eased = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
      const places = moved(from.map((value, k) => value + (to[k] - value) * eased));
      const { x, y } = camera.ranges;
      await Plotly.update(node, { x: places.map((one) => one.x), y: places.map((one) => one.y) },
        { "xaxis.range": x, "yaxis.range": y, annotations: [], shapes: [], images: [] });
      if (gliding) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }

  function resize(width, height) {
    const turned = camera.wide >= camera.high !== width >= height;
    [camera.wide, camera.high] = [width, height];
    if (points.places[state.view] && (turned || !drawn)) {
      world = worldOf(points, state.view, camera);
      camera.fit();
    }
    paint();
  }

  // The figure as a picture, with its legend and where it is from, drawn by the library.
  function png(name) {
    const kinds = legendTraces(state.kinds, palette, state.colour, isDark());
    const plan = layout();
    const size = { width: camera.wide + SIDE, height: camera.high + FOOT };
    const source = sourceMark(current(), words, tone, Math.floor(size.width / 6.5));
    return Plotly.downloadImage({
      data: [...shown(), ...kinds],
      layout: {
        ...plan, ...size, margin: { l: 0, r: SIDE, t: 0, b: FOOT }, showlegend: true,
        font: { family: "sans-serif" }, // a picture is drawn without the page's own font
        legend: {
          font: { size: 11, color: tone("ink") }, itemsizing: "trace", maxheight: size.height,
        },
        annotations: [...plan.annotations, source],
      },
    }, { format: "png", filename: name, scale: 2, ...size });
  }

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
    node, camera, placeOf, lit, paint, show, png,
    hasQuery: () => Boolean(queryPlace()),
    async load() {
      Plotly = await loadPlotly(settings.plotly);
    },
    // By `relayout`: of a mode that selects, `react` would not prepare the points.
    use(name) {
      tool = name;
      if (drawn) Plotly.relayout(node, { dragmode: MODES[name] });
    },
    world: () => world,
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
