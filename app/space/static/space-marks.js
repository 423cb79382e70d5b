// What lies over the points, as plotly.js has it: names, lines, numbers, pictures.
import { looksOf } from "./space-kinds.js";

const FEW = 60; // pictures in sight that are shown as what they are

// Give {annotations, shapes, images} for what shows. scene: see `figure` in space-figure.js.
export function marksOf(scene) {
  const thumbnails = thumbnailMarks(scene);
  return {
    images: thumbnails.images,
    shapes: [...thumbnails.frames, ...lineMarks(scene)],
    annotations: [...titleMarks(scene), ...nameMarks(scene), ...queryMarks(scene)],
  };
}

const label = (text, [x, y], options) => ({
  x, y, text, showarrow: false, captureevents: false, ...options,
});

// plotly.js reads a few tags in a text; what people wrote shall stay as they wrote it.
export const plain = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

// Where few pictures are in sight, they are shown, framed in the colour of their point.
function thumbnailMarks({ points, camera, state, world, palette, dark, lit }) {
  const none = { images: [], frames: [] };
  if (!points.names || camera.zoom <= 1.5) return none;
  const looks = state.kinds.list.map(({ number }) => looksOf(palette, state.colour, number, dark));
  const seen = [];
  for (let i = 0; i < points.n; i++) {
    if ((lit && !lit(i)) || !looks[state.kinds.of[i]].colour) continue;
    const place = [world[2 * i], world[2 * i + 1]];
    if (camera.isNear(camera.toScreen(place), -20)) seen.push([i, place]);
    if (seen.length > FEW) return none;
  }
  const side = Math.min(72, Math.max(30, 300 / Math.sqrt(seen.length))) / camera.unit;
  const images = seen.map(([i, [x, y]]) => ({
    source: points.thumbnail(i), x, y, sizex: side, sizey: side, xref: "x", yref: "y",
    xanchor: "center", yanchor: "middle", sizing: "fill", layer: "above",
  }));
  const frames = seen.map(([i, [x, y]]) => ({
    type: "rect", x0: x - side / 2, x1: x + side / 2, y0: y - side / 2, y1: y + side / 2,
    line: { color: looks[state.kinds.of[i]].colour, width: 3 }, layer: "above",
  }));
  return { images, frames };
}

function titleMarks({ state, camera, value, points, tone }) {
  if (state.view !== "raw") return [];
  const { titles } = value.views.find(({ name }) => name === "raw");
  const [dx, dy] = camera.extent.second;
  const places = points.d ? [[0.5, 0], [dx + 0.5, dy]] : [[0.5, 0]];
  return places.map((place, k) =>
    label(titles[k], place, { yshift: 16, font: { color: tone("quiet"), size: 13 } }));
}

// Where a class is named, the largest classes first; the library says at which picture.
function classPlaces({ points, state, placeOf }) {
  const middles = points.names.middles[state.view];
  return state.kinds.list.filter(({ number }) => middles[number] >= 0)
    .sort((a, b) => b.count - a.count)
    .map(({ label: text, number }) => ({ text, number, place: placeOf(middles[number]) }));
}

// As many names as have room, which only the page knows.
function nameMarks(scene) {
  const { points, state, camera, tone } = scene;
  if (state.colour !== "class" || !points.names || camera.zoom >= 6) return [];
  const [boxes, marks] = [[], []];
  for (const { text, number, place } of classPlaces(scene)) {
    if (state.solo !== null && state.solo !== number) continue;
    const [x, y] = camera.toScreen(place);
    const short = text.length > 24 ? `${text.slice(0, 23)}…` : text;
    const half = 4 * short.length + 8;
    if (!camera.isNear([x, y], -half)) continue;
    if (boxes.some(([bx, by, b]) => Math.abs(bx - x) < b + half && Math.abs(by - y) < 19)) continue;
    boxes.push([x, y, half]);
    marks.push(label(`<b>${plain(short)}</b>`, place, {
      yshift: 14, borderpad: 1, bgcolor: tone("veil"),
      font: { size: camera.wide < 500 ? 11 : 12, color: tone("ink") },
    }));
  }
  return marks;
}

// A straight line to its own, whole; a bent one to a first hit, dashed: they never cover each other.
function line([x1, y1], [x2, y2], first, tone) {
  const bend = first ? 0.18 : 0;
  const [cx, cy] = [(x1 + x2) / 2 + bend * (y1 - y2), (y1 + y2) / 2 + bend * (x2 - x1)];
  const path = `M ${x1},${y1} Q ${cx},${cy} ${x2},${y2}`;
  const stroke = (width, color, dash) =>
    ({ type: "path", path, layer: "above", line: { width, color, dash } });
  return [stroke(4, tone("panel"), "solid"),
    stroke(2, tone(first ? "down" : "accent"), first ? "7px,5px" : "solid")];
}

// From a point to its own (whole), and to its first hit where that is another (dashed).
function lineMarks({ points, state, placeOf, isHere, queryPlace, value, tone }) {
  const lines = [];
  const draw = (from, to, first) => lines.push(...line(from, to, first, tone));
  const i = state.chosen;
  if (isHere(i) && points.names) {
    const own = points.ownOf(i).filter(isHere);
    const first = state.firsts && isHere(points.firstOf(i)) ? points.firstOf(i) : -1;
    for (const other of own) draw(placeOf(i), placeOf(other), false);
    if (first >= 0 && !own.includes(first)) draw(placeOf(i), placeOf(first), true);
  }
  if (queryPlace) {
    const { truths, hits } = value.query;
    for (const truth of truths) draw(queryPlace, placeOf(truth), false);
    if (hits.length && !truths.includes(hits[0])) draw(queryPlace, placeOf(hits[0]), true);
  }
  return lines;
}

function queryMarks({ camera, placeOf, queryPlace, value, words, tone }) {
  if (!queryPlace) return [];
  const hits = value.query.hits.slice(0, 10).map((i, k) => label(String(k + 1), placeOf(i), {
    font: { size: 11, color: tone("ink") }, bgcolor: tone("panel"), bordercolor: tone("ink"),
    borderpad: 2,
  })).reverse(); // the first lies highest
  const right = camera.toScreen(queryPlace)[0] > camera.wide - 150;
  return [
    ...hits,
    label("★", queryPlace, { font: { size: 38, color: tone("panel") } }),
    label("★", queryPlace, { font: { size: 26, color: tone("new") } }),
    label(`<b>${words.query_here}</b>`, queryPlace, {
      font: { size: 13, color: tone("new") }, bgcolor: tone("veil"), borderpad: 1,
      xanchor: right ? "right" : "left", xshift: right ? -16 : 16,
    }),
  ];
}
