// The points as pixels of a canvas below the figure. WebGL where no GPU does it takes half a second a
// frame for ten thousand, and a canvas asked for ten thousand small pictures a tenth of a second;
// written into its pixels they take a few milliseconds anywhere.
import { el } from "../../kit/static/dom.js";
import { looksOf, markOf } from "./space-kinds.js";

// A point's radius grows with the zoom in few steps: at each, every stamp is made anew.
const growth = (zoom) => Math.round(2 * Math.log2(Math.min(2.4, Math.max(1, zoom) ** 0.3)));
const radius = (size, step) => (size > 4000 ? 2.5 : size > 1200 ? 3.2 : 4.2) * 2 ** (step / 2);

const ROOM = 1.3; // a stamp's half, in radii: a diamond's and a cross's tips
const ring = (corners) => (ink, r) => corners.forEach(([x, y]) => ink.lineTo(x * r, y * r));
const [ARM, TIP, FOOT] = [0.4, 1.2, 2 / Math.sqrt(3)];
const SHAPES = {
  "circle": (ink, r) => ink.arc(0, 0, r, 0, 7),
  "square": ring([[-1, -1], [1, -1], [1, 1], [-1, 1]]),
  "diamond": ring([[0, -ROOM], [ROOM, 0], [0, ROOM], [-ROOM, 0]]),
  "triangle-up": ring([[0, -1], [FOOT, 0.5], [-FOOT, 0.5]]),
  "cross": ring([[-ARM, -TIP], [ARM, -TIP], [ARM, -ARM], [TIP, -ARM], [TIP, ARM], [ARM, ARM],
    [ARM, TIP], [-ARM, TIP], [-ARM, ARM], [-TIP, ARM], [-TIP, -ARM], [-ARM, -ARM]]),
};

const blank = (width, height) =>
  el("canvas", { width, height }).getContext("2d", { willReadFrequently: true });

// Draw points as they show: {world, state, camera, dark, lit, ground}; lit: null where all are in
// colour, else whether one is; ground: the colour below them. ratio: canvas pixels to one of the page's.
export function dotter({ points, palette }) {
  let [key, order, marks] = [[], null, []];
  let stamps = new Map();
  let inked = "";

  // The points from the lowest to the highest, and the mark of each: captions below pictures, of each
  // the grey ones lowest, and the large below the small.
  function arrange({ state, dark, lit }) {
    const now = [points.version, state.kinds, state.solo, state.selected, dark];
    if (now.every((one, k) => one === key[k])) return;
    key = now;
    stamps = new Map();
    const looks = state.kinds.list.map(({ number }) => looksOf(palette, state.colour, number, dark));
    const grey = palette.grey[dark ? "dark" : "light"];
    marks = looks.flatMap(({ colour, shape, size }) => [false, true].flatMap((image) =>
      [colour || grey, grey].map((ink) => ({
        ink, size: size * (image ? 1 : 0.9), symbol: markOf(state.colour, shape, image),
        layer: (image ? 1000 : 0) - size - (ink === grey ? 100 : 0),
      }))));
    const of = Uint16Array.from({ length: points.size }, (_, i) =>
      4 * state.kinds.of[i] + (points.isImage(i) ? 2 : 0) + (lit && !lit(i) ? 1 : 0));
    order = { of, numbers: Array.from(of.keys()).sort((a, b) => marks[of[a]].layer - marks[of[b]].layer) };
  }

  // A mark's pixels, half a pixel further right or down if asked to.
  function stamp({ ink: colour, size, symbol }, base, ratio, dark, right, down) {
    const r = base * size;
    const side = Math.ceil((2 * ROOM * r + 3) * ratio);
    const ink = blank(side, side);
    const open = symbol.endsWith("-open");
    ink.translate((side + right) / 2, (side + down) / 2);
    ink.scale(ratio, ratio);
    ink.beginPath();
    SHAPES[open ? symbol.slice(0, -5) : symbol](ink, r);
    ink.closePath();
    [ink.fillStyle, ink.strokeStyle, ink.lineWidth] =
      [colour, open ? colour : dark ? "#161e1c" : "#ffffff", open ? 1.2 : 0.6];
    if (!open) ink.fill();
    ink.stroke();
    return { side, ink: new Uint32Array(ink.getImageData(0, 0, side, side).data.buffer) };
  }

  function draw(canvas, ratio, scene) {
    const { world, camera, dark, ground } = scene;
    const { width, height } = canvas;
    if (!width || !height) return;
    arrange(scene);
    const base = radius(points.size, growth(camera.zoom));
    if (inked !== `${base} ${ratio} ${ground}`) stamps = new Map();
    inked = `${base} ${ratio} ${ground}`;
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const one = blank(1, 1);
    one.fillStyle = ground;
    one.fillRect(0, 0, 1, 1);
    pixels.fill(new Uint32Array(one.getImageData(0, 0, 1, 1).data.buffer)[0]);
    const scale = camera.unit * ratio;
    const [left, top] = camera.toScreen([0, 0]).map((v) => v * ratio);
    for (const i of order.numbers) {
      if (2 * i >= world.length) continue; // a model that reads no captions
      const mark = order.of[i];
      const half = Math.ceil((2 * ROOM * base * marks[mark].size + 3) * ratio) / 2;
      const x = Math.round(2 * (world[2 * i] * scale + left - half));
      const y = Math.round(2 * (world[2 * i + 1] * scale + top - half));
      const name = 4 * mark + 2 * (x & 1) + (y & 1);
      let own = stamps.get(name);
      if (!own) stamps.set(name, own = stamp(marks[mark], base, ratio, dark, x & 1, y & 1));
      put(own, pixels, width, height, x >> 1, y >> 1);
    }
    pen.putImageData(image, 0, 0);
  }

  return draw;
}

// Lay a stamp over the pixels, which are opaque.
function put({ side, ink }, pixels, width, height, left, top) {
  const [from, to] = [Math.max(0, -left), Math.min(side, width - left)];
  for (let y = Math.max(0, -top); y < side && top + y < height; y++) {
    let at = (top + y) * width + left + from;
    for (let q = y * side + from; q < y * side + to; q++, at++) {
      const value = ink[q], alpha = value >>> 24;
      if (alpha === 255) pixels[at] = value;
      else if (alpha) {
        const below = pixels[at], rest = 255 - alpha;
        const r = ((value & 255) * alpha + (below & 255) * rest) / 255;
        const g = (((value >> 8) & 255) * alpha + ((below >> 8) & 255) * rest) / 255;
        const b = (((value >> 16) & 255) * alpha + ((below >> 16) & 255) * rest) / 255;
        pixels[at] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
      }
    }
  }
}
