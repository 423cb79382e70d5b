// The map, third part: a canvas of points, and where each one is on it.
const canvas = el("canvas", { class: "map-canvas", "aria-hidden": "true" });
const pen = canvas.getContext("2d");

const state = {
  view: "aligned", colour: "class", solo: null, kinds: null, // kinds: of `categories`
  selected: new Set(), chosen: -1, cursor: -1, hovered: -1,
  lasso: null, // points of the line that is being drawn, in pixels
};
const camera = { x: 0.5, y: 0.5, zoom: 1 }; // middle of what is seen; zoom 1 shows all of it
let world = new Float32Array(0); // x, y of each point, in widths of one map
let extent = { width: 1, height: 1 };
let [wide, high, ratio] = [0, 0, 1]; // CSS pixels, and device pixels to one of them
let gliding = 0;
const images = new Map(); // pictures on the canvas, by number

// The world: one map, or the two of the towers' features, side by side or one below the other.
function worldOf(view) {
  const xy = data.places[view];
  if (view !== "raw" || !data.d) return xy;
  const [dx, dy] = wide >= high ? [1 + GAP, 0] : [0, 1 + GAP];
  const moved = xy.slice();
  for (let i = data.n; i < data.size; i++) {
    moved[2 * i] += dx;
    moved[2 * i + 1] += dy;
  }
  return moved;
}

function extentOf(view) {
  if (view !== "raw" || !data.d) return { width: 1, height: 1 };
  return wide >= high ? { width: 2 + GAP, height: 1 } : { width: 1, height: 2 + GAP };
}

const unit = () => // pixels to the width of one map
  camera.zoom * Math.max(1, Math.min((wide - 56) / extent.width, (high - 56) / extent.height));
const toScreen = (x, y, u = unit()) => [(x - camera.x) * u + wide / 2, (y - camera.y) * u + high / 2];
const toWorld = (px, py, u = unit()) => [(px - wide / 2) / u + camera.x, (py - high / 2) / u + camera.y];

function fit() {
  Object.assign(camera, { x: extent.width / 2, y: extent.height / 2, zoom: 1 });
  paint();
}

function zoomBy(factor, px = wide / 2, py = high / 2) {
  const [x, y] = toWorld(px, py);
  camera.zoom = Math.min(400, Math.max(0.5, camera.zoom * factor));
  const [nx, ny] = toWorld(px, py);
  camera.x += x - nx;
  camera.y += y - ny;
  paint();
}

// Go to another view; the points glide there, so that one sees where each went.
function showView(view) {
  const [from, to] = [world, worldOf(view)];
  state.view = view;
  extent = extentOf(view);
  cancelAnimationFrame(gliding);
  if (calm() || from.length !== to.length || !wide) {
    world = to;
    return fit();
  }
  const began = performance.now();
  const step = (now) => {
    const t = Math.min(1, (now - began) / 700);
    const eased = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
    world = t === 1 ? to : from.map((value, i) => value + (to[i] - value) * eased);
    paint();
    if (t < 1) gliding = requestAnimationFrame(step);
  };
  Object.assign(camera, { x: extent.width / 2, y: extent.height / 2, zoom: 1 });
  gliding = requestAnimationFrame(step);
}

// What is in colour: points of the category that is shown alone, and of the selection.
const lit = (i) => (state.solo === null || state.kinds.of[i] === state.solo)
  && (!state.selected.size || state.selected.has(i));

const tones = {};
const tone = (name) =>
  (tones[name] ||= getComputedStyle(document.body).getPropertyValue("--" + name).trim());

// Size tells what colour tells, for those who see no colour.
const radiusOf = (kind, image, base) =>
  Math.round(2 * base * sizeOf(state.colour, kind) * (image ? 1 : 0.78)) / 2;

let due = 0;
const paint = () => (due ||= requestAnimationFrame(() => { due = 0; draw(); }));

function draw() {
  if (!wide || !state.kinds || world.length !== 2 * data.size) return;
  const u = unit();
  const base = (data.size > 4000 ? 2.5 : data.size > 1200 ? 3.2 : 4.2)
    * Math.min(2.4, Math.max(1, camera.zoom) ** 0.3);
  const count = state.kinds.list.length;
  const ofKind = state.kinds.list.map((kind) => colourOf(state.colour, kind.number, count));
  const grey = isDark() ? "#3f4b48" : "#c9cfca";
  // Grey ones lie lowest, then captions, then pictures, of each the large ones below the small.
  const sizes = state.kinds.list.map((kind) => sizeOf(state.colour, kind.number));
  const steps = [...new Set(sizes)].sort((a, b) => b - a);
  const layer = sizes.map((size) => steps.indexOf(size));
  const back = [], front = Array.from({ length: 2 * steps.length }, () => []), pictures = [];
  const [low, lowY] = toWorld(-20, -20, u), [top, topY] = toWorld(wide + 20, high + 20, u);
  for (let i = 0; i < data.size; i++) {
    const x = world[2 * i], y = world[2 * i + 1], kind = state.kinds.of[i];
    if (x < low || x > top || y < lowY || y > topY) continue;
    if (!lit(i) || !ofKind[kind]) back.push(i);
    else front[layer[kind] + (isImage(i) ? steps.length : 0)].push(i);
    if (isImage(i) && lit(i) && ofKind[kind]) pictures.push(i);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawDots([[back, true], ...front.map((numbers) => [numbers, false])], ofKind, grey, base, u);
  if (data.names && camera.zoom > 1.5) drawPictures(pictures, ofKind, u);
  if (state.view === "raw") drawTitles(u);
  if (state.colour === "class" && data.names && camera.zoom < 6) drawClassNames(u);
  drawLines(u);
  drawQuery(u);
  ring(state.hovered, tone("ink"), 2, base, u);
  ring(state.cursor, tone("ink"), 2, base, u);
  ring(state.chosen, tone("accent"), 3, base, u);
  drawLasso();
}

// Where few pictures are in sight, they are shown as what they are.
function drawPictures(seen, ofKind, u) {
  if (!seen.length || seen.length > 60) return;
  const side = Math.min(72, Math.max(30, 300 / Math.sqrt(seen.length)));
  for (const i of seen) {
    let picture = images.get(i);
    if (!picture) {
      if (images.size > 600) images.clear();
      picture = new Image();
      picture.onload = paint;
      picture.src = thumbnail(i);
      images.set(i, picture);
    }
    if (!picture.complete || !picture.naturalWidth) continue;
    const [x, y] = toScreen(world[2 * i], world[2 * i + 1], u);
    pen.fillStyle = ofKind[state.kinds.of[i]];
    pen.fillRect(x - side / 2 - 2.5, y - side / 2 - 2.5, side + 5, side + 5);
    pen.drawImage(picture, x - side / 2, y - side / 2, side, side);
  }
}

function write(text, x, y, { size = 13, weight = 700, colour = tone("ink"), align = "center" } = {}) {
  pen.font = `${weight} ${size}px "IBM Plex Sans", system-ui, sans-serif`;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeStyle = tone("panel");
  pen.strokeText(text, x, y);
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function drawTitles(u) {
  const titles = props.value.views.find((view) => view.name === "raw").titles;
  const second = wide >= high ? [1 + GAP + 0.5, 0] : [0.5, 1 + GAP];
  for (const [place, [x, y]] of [[0.5, 0], second].slice(0, data.d ? 2 : 1).entries()) {
    const [px, py] = toScreen(x, y, u);
    write(titles[place], px, py - 16, { colour: tone("quiet"), weight: 400 });
  }
}

// Where a class is named: at its picture nearest to their median, the largest classes first.
const named = { world: null, kinds: null, places: [] };

function classPlaces() {
  if (named.world === world && named.kinds === state.kinds) return named.places;
  const own = state.kinds.list.map(() => []);
  for (let i = 0; i < data.n; i++) own[state.kinds.of[i]].push(i);
  const middle = (list) => Float32Array.from(list).sort()[list.length >> 1];
  const places = [];
  for (const { label, number, count } of state.kinds.list) {
    const list = own[number];
    if (!data.names.classes[number] || list.length < 2) continue;
    const [mx, my] = [middle(list.map((i) => world[2 * i])), middle(list.map((i) => world[2 * i + 1]))];
    const off = (i) => (world[2 * i] - mx) ** 2 + (world[2 * i + 1] - my) ** 2;
    places.push({ label, number, count, at: list.reduce((best, i) => (off(i) < off(best) ? i : best)) });
  }
  places.sort((a, b) => b.count - a.count);
  return Object.assign(named, { world, kinds: state.kinds, places }).places;
}

function drawClassNames(u) {
  const boxes = [];
  for (const { label, number, at } of classPlaces()) {
    if (state.solo !== null && state.solo !== number) continue;
    const [x, below] = toScreen(...placeOf(at), u);
    const y = below - 14; // above its picture, not over it
    const text = label.length > 24 ? label.slice(0, 23) + "…" : label;
    const half = 4 * text.length + 6;
    if (boxes.some(([bx, by, bh]) => Math.abs(bx - x) < bh + half && Math.abs(by - y) < 17)) continue;
    boxes.push([x, y, half]);
    write(text, x, y, { size: wide < 500 ? 11 : 13 });
  }
}

// A straight line to its own, whole; a bent one to a first hit, dashed: they never cover each other.
function line(from, to, first, u) {
  const [[x1, y1], [x2, y2]] = [from, to].map(([x, y]) => toScreen(x, y, u));
  const far = Math.hypot(x2 - x1, y2 - y1) || 1;
  const bend = first ? Math.min(40, 0.2 * far) / far : 0;
  pen.setLineDash(first ? [7, 5] : []);
  for (const [width, style] of [[4, tone("panel")], [2, tone(first ? "down" : "accent")]]) {
    pen.lineWidth = width;
    pen.strokeStyle = style;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.quadraticCurveTo((x1 + x2) / 2 + bend * (y1 - y2), (y1 + y2) / 2 + bend * (x2 - x1), x2, y2);
    pen.stroke();
  }
  pen.setLineDash([]);
}

const placeOf = (i) => [world[2 * i], world[2 * i + 1]];
const queryPlace = () => {
  const place = props.value.query?.places[state.view];
  return place ? [place[0], 1 - place[1]] : null;
};

// From a point to its own (whole), and to its first hit where that is another (dashed).
function drawLines(u) {
  const i = state.chosen;
  if (i >= 0 && data.names) {
    const own = ownOf(i);
    for (const other of own) line(placeOf(i), placeOf(other), false, u);
    const first = firstOf(i);
    if (first >= 0 && !own.includes(first)) line(placeOf(i), placeOf(first), true, u);
  }
  const place = queryPlace();
  if (!place) return;
  const { truths, hits } = props.value.query;
  for (const truth of truths) line(place, placeOf(truth), false, u);
  if (hits.length && !truths.includes(hits[0])) line(place, placeOf(hits[0]), true, u);
}

function drawQuery(u) {
  const place = queryPlace();
  if (!place) return;
  for (const [rank, i] of [...props.value.query.hits.slice(0, 10).entries()].reverse()) {
    const [x, y] = toScreen(...placeOf(i), u);
    pen.beginPath();
    pen.arc(x, y, 9, 0, 7);
    pen.fillStyle = tone("panel");
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = tone("ink");
    pen.stroke();
    write(String(rank + 1), x, y + 0.5, { size: 11 });
  }
  const [x, y] = toScreen(...place, u);
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const [r, a] = [k % 2 ? 5 : 12, (k * Math.PI) / 5 - Math.PI / 2];
    pen.lineTo(x + r * Math.cos(a), y + r * Math.sin(a));
  }
  pen.closePath();
  pen.lineWidth = 3;
  pen.strokeStyle = tone("panel");
  pen.stroke();
  pen.fillStyle = tone("new");
  pen.fill();
  const edge = x > wide - 150 ? ["right", -16] : ["left", 16];
  write(W.query_here, x + edge[1], y, { align: edge[0], colour: tone("new") });
}

function ring(i, colour, width, base, u) {
  if (i < 0 || i >= data.size) return;
  const [x, y] = toScreen(...placeOf(i), u);
  pen.beginPath();
  pen.arc(x, y, base + 5, 0, 7);
  pen.lineWidth = width + 2;
  pen.strokeStyle = tone("panel");
  pen.stroke();
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
}

function drawLasso() {
  if (!state.lasso || state.lasso.length < 2) return;
  pen.beginPath();
  for (const [x, y] of state.lasso) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = tone("accent");
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 1;
  pen.setLineDash([5, 4]);
  pen.lineWidth = 2;
  pen.strokeStyle = tone("accent");
  pen.stroke();
  pen.setLineDash([]);
}

// The canvas follows its frame and the theme.

new ResizeObserver(([entry]) => {
  const { width, height } = entry.contentRect;
  if (!width || !height) return;
  const turned = wide >= high !== width >= height;
  [wide, high, ratio] = [width, height, Math.min(3, devicePixelRatio || 1)];
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  forgetDots();
  if (turned && data.places[state.view]) {
    world = worldOf(state.view);
    extent = extentOf(state.view);
    fit();
  }
  paint();
}).observe(canvas);

new MutationObserver(() => {
  for (const name of Object.keys(tones)) delete tones[name];
  forgetDots();
  paint();
  document.dispatchEvent(new CustomEvent("explorer:map-theme"));
}).observe(document.body, { attributeFilter: ["class"] });
