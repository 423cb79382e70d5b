// The map as a plotly.js figure on MapLibre's canvas: no tiles, so no other host is asked. Below lie
// the rasters' own overviews, above them the footprints of the answers in the colours of their ranks.
import { el, say } from "../../kit/static/dom.js";
import { decimal } from "../../kit/static/numbers.js";
import { loadPlotly } from "../../kit/static/plotly.js";
import { cameraOn, edgesOf, scaleOf } from "./earth-mercator.js";

const CONFIG = { scrollZoom: true, displayModeBar: false, showTips: false, doubleClick: false };
// The same object for ever: with another one MapLibre begins anew, and loses what lies on it.
const STYLE = { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: {} }] };
const MARKS = [4, 5]; // numbers of the traces that change with the pointer
const SCALE = 120; // pixels that the scale bar has at most

// told: {hovered(number), clicked(number), drawn(corners), failed()}; corners are [[lon, lat], ...].
export function earthMap({ words, settings, told }) {
  const node = el("div", { class: "earth-figure", "aria-hidden": "true" });
  const bar = el("div", { class: "earth-scale", "aria-hidden": "true" });
  let Plotly = null;
  let camera = { lon: 0, lat: 0, zoom: 0 };
  let [drawn, tool, turn] = [false, "pan", 0];
  let [drawing, due] = [false, ""];
  let shown = null; // {places, scenes, area, grounds, coast}
  let marked = []; // numbers of scenes that are outlined
  let curves = []; // of each trace, the numbers of its points

  const tone = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
  const rankClass = (rank) => {
    const at = settings.colours.findIndex(([most]) => rank <= most);
    return at < 0 ? settings.colours.length : at;
  };
  const colours = [...settings.colours.map(([, colour]) => colour), settings.last];
  const ring = (corners) => [...corners, corners[0]];
  const line = (rings, colour, width) => ({
    type: "scattermap", mode: "lines", hoverinfo: "skip", line: { color: colour, width },
    lon: rings.flatMap((one) => [...one.map(([lon]) => lon), null]),
    lat: rings.flatMap((one) => [...one.map(([, lat]) => lat), null]),
  });

  function traces() {
    const { places, scenes, area } = shown;
    const known = scenes.filter(({ number }) => places.corners(number)).reverse();
    const inAnswer = new Set(known.map(({ number }) => number));
    const others = places.known.filter((number) => !inAnswer.has(number));
    const areas = known.filter(({ number }) => places.isArea(number));
    const n = colours.length;
    const centres = (numbers) => numbers.map((number) => places.centre(number));
    const dots = (numbers, marker, hoverinfo = "none") => ({
      type: "scattermap", mode: "markers", hoverinfo, marker,
      lon: centres(numbers).map(([lon]) => lon), lat: centres(numbers).map(([, lat]) => lat),
    });
    curves = [others, areas.map(({ number }) => number), known.map(({ number }) => number)];
    return [
      dots(others, { size: 5, color: tone("quiet"), opacity: 0.5 }),
      {
        type: "choroplethmap", hoverinfo: "none", showscale: false, zmin: 0, zmax: n - 1,
        locations: areas.map(({ number }) => number), z: areas.map(({ rank }) => rankClass(rank)),
        geojson: { type: "FeatureCollection", features: areas.map(({ number }) => ({
          type: "Feature", id: number, properties: {},
          geometry: { type: "Polygon", coordinates: [ring(places.corners(number))] },
        })) },
        colorscale: colours.flatMap((colour, i) => [[i / n, colour], [(i + 1) / n, colour]]),
        marker: { opacity: 0.45, line: { width: 2, color: areas.map(({ rank }) => colours[rankClass(rank)]) } },
      },
      // The best last, so that they lie on top.
      dots(known.map(({ number }) => number), {
        size: known.map(({ rank }) => (rank <= 10 ? 10 : 7)),
        color: known.map(({ rank }) => colours[rankClass(rank)]),
      }),
      line(area ? [ring(area)] : [], tone("accent"), 3),
      line([], tone("ink"), 4),
      dots([], { size: 14, color: tone("ink") }, "skip"),
    ].map((trace, i) => ({ ...trace, ...marks()[i - MARKS[0]] }));
  }

  // The outlines of what is pointed at and chosen, and their middles: the last two traces.
  function marks() {
    const { places } = shown;
    const there = marked.filter((number) => places.corners(number));
    const rings = there.map((number) => ring(places.corners(number)));
    const parts = (k) => rings.flatMap((one) => [...one.map((corner) => corner[k]), null]);
    const middles = (k) => there.map((number) => places.centre(number)[k]);
    return [{ lon: parts(0), lat: parts(1) }, { lon: middles(0), lat: middles(1) }];
  }

  function layout() {
    return {
      margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, dragmode: tool, hovermode: "closest",
      paper_bgcolor: tone("panel"), width: node.clientWidth, height: node.clientHeight, selections: [],
      newselection: { line: { color: tone("accent"), width: 2 } },
      font: { family: `"${settings.font}", system-ui, sans-serif` },
      map: {
        style: STYLE,
        center: { lon: camera.lon, lat: camera.lat }, zoom: camera.zoom, uirevision: turn,
        layers: [...coast(), ...shown.grounds.map(({ link, corners }) => ({
          sourcetype: "image", type: "raster", source: new URL(link, document.baseURI).href, coordinates: corners,
          below: "traces",
        }))],
      },
    };
  }

  // Below all else.
  const coast = () => (shown.coast.length ? [{
    sourcetype: "geojson", type: "line", below: "traces", color: tone("quiet"), opacity: 0.7, line: { width: 1 },
    source: { type: "MultiLineString", coordinates: shown.coast },
  }] : []);

  // One drawing at a time: MapLibre passes over what it is told while it still opens.
  async function paint(what = "all") {
    if (!Plotly || !shown || !node.clientWidth) return;
    due = due === "all" || !drawn ? "all" : what;
    if (drawing) return;
    drawing = true;
    while (due) {
      const now = due;
      due = "";
      const [lines, dots] = marks();
      await (now === "all" ? Plotly.react(node, traces(), layout(), CONFIG)
        : Plotly.restyle(node, { lon: [lines.lon, dots.lon], lat: [lines.lat, dots.lat] }, MARKS)
      ).catch(() => {}); // MapLibre tells of a picture that did not come; the rest is there
      if (!node.querySelector("canvas")) return told.failed(); // no WebGL
      // Keys go to the list and the fields, which say the same; the figure is not read out.
      for (const one of node.querySelectorAll("a, button, [tabindex]")) one.tabIndex = -1;
      if (!drawn) listen();
      drawScale();
      drawGround();
    }
    drawing = false;
  }

  function drawGround() {
    const { map } = node._fullLayout?.map?._subplot || {};
    if (map?.getLayer("ground")) map.setPaintProperty("ground", "background-color", tone("raised"));
  }

  const numberOf = ({ points: [point] }) => curves[point.curveNumber]?.[point.pointNumber] ?? -1;

  function listen() {
    drawn = true;
    node.on("plotly_hover", (event) => told.hovered(numberOf(event)));
    node.on("plotly_unhover", () => told.hovered(-1));
    node.on("plotly_click", (event) => told.clicked(numberOf(event)));
    node.on("plotly_selected", (event) => {
      const box = event?.range?.map;
      const around = event?.lassoPoints?.map;
      if (box) told.drawn(boxCorners(box));
      else if (around?.length > 2) told.drawn(around);
      paint(); // without the line
    });
    node.on("plotly_relayout", (change) => {
      const center = change["map.center"];
      if (center) camera = { lon: center.lon, lat: center.lat, zoom: change["map.zoom"] ?? camera.zoom };
      drawScale();
    });
  }

  function drawScale() {
    const { metres, pixels } = scaleOf(camera, SCALE);
    bar.style.width = `${pixels}px`;
    bar.textContent = metres < 1000 ? say(words.metres, { n: decimal(metres, metres < 1 ? 2 : 0) })
      : say(words.kilometres, { n: decimal(metres / 1000, 0) });
  }

  new ResizeObserver(() => paint()).observe(node);
  new MutationObserver(() => paint()).observe(document.body, { attributeFilter: ["class"] });

  return {
    node, bar,
    load: () => loadPlotly(settings.plotly).then((library) => { Plotly = library; }),
    use(name) {
      tool = name;
      paint();
    },
    show(what) {
      shown = what;
      paint();
    },
    mark(numbers) {
      if (numbers.join() === marked.join()) return;
      marked = numbers;
      paint("marks");
    },
    fit(points) {
      if (!points.length || !node.clientWidth) return;
      camera = cameraOn(points, node.clientWidth, node.clientHeight);
      turn += 1;
      paint();
    },
    edges: () => edgesOf(camera, node.clientWidth, node.clientHeight),
  };
}

export function boxCorners([[x1, y1], [x2, y2]]) {
  const [west, east] = [Math.min(x1, x2), Math.max(x1, x2)];
  const [south, north] = [Math.min(y1, y2), Math.max(y1, y2)];
  return [[west, south], [east, south], [east, north], [west, north]];
}
