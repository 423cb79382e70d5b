// The map, second part: points as pixels. A canvas that is asked to draw ten thousand small pictures
// takes a tenth of a second for it; written into its pixels they take a few milliseconds.
const dots = { image: null, pixels: null, key: "", stamps: [], masks: new Map(), colours: new Map() };

const spot = el("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

// A colour of the style sheet as [red, green, blue].
function rgb(colour) {
  if (!dots.colours.has(colour)) {
    spot.fillStyle = colour;
    spot.fillRect(0, 0, 1, 1);
    dots.colours.set(colour, spot.getImageData(0, 0, 1, 1).data.slice(0, 3));
  }
  return dots.colours.get(colour);
}

const packedColour = ([r, g, b], alpha = 255) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

function shape(ink, image, x, y, radius) {
  ink.beginPath();
  if (image) ink.arc(x, y, radius, 0, 7);
  else {
    ink.moveTo(x, y - 1.2 * radius);
    ink.lineTo(x + 1.2 * radius, y);
    ink.lineTo(x, y + 1.2 * radius);
    ink.lineTo(x - 1.2 * radius, y);
    ink.closePath();
  }
}

// A disc or a diamond, white with a black edge, half a pixel further right or down if asked to.
function mask(image, radius, right, down) {
  const key = [image, radius, right, down].join();
  if (!dots.masks.has(key)) {
    const side = Math.ceil((2.4 * radius + 3) * ratio);
    const ink = el("canvas", { width: side, height: side }).getContext("2d", { willReadFrequently: true });
    ink.translate((side + right) / 2, (side + down) / 2);
    ink.scale(ratio, ratio);
    ink.fillStyle = "#fff";
    ink.strokeStyle = "#000";
    ink.lineWidth = 0.75;
    shape(ink, image, 0, 0, radius);
    ink.fill();
    if (radius > 2) ink.stroke();
    dots.masks.set(key, { side, values: ink.getImageData(0, 0, side, side).data });
  }
  return dots.masks.get(key);
}

// The mask in a colour, its edge in the page's.
function stamp(image, colour, radius, right, down) {
  const { side, values } = mask(image, radius, right, down);
  const [full, edge] = [rgb(colour), rgb(tone("panel"))];
  const ink = new Uint32Array(side * side);
  for (let p = 0; p < ink.length; p++) {
    const share = values[4 * p] / 255;
    ink[p] = packedColour([0, 1, 2].map((c) => Math.round(edge[c] + (full[c] - edge[c]) * share)),
      values[4 * p + 3]);
  }
  return { side, ink };
}

function put({ side, ink }, left, top) {
  const { width, height } = dots.image;
  const pixels = dots.pixels;
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
        pixels[at] = 0xff000000 | (b << 16) | (g << 8) | r;
      }
    }
  }
}

function forgetDots() {
  [dots.key, dots.image] = ["", null];
  dots.masks.clear();
  dots.colours.clear();
}

// Draw points in lists, one over the other, each [numbers, grey]; u: pixels to one map's width.
function drawDots(lists, ofKind, grey, base, u) {
  const { width, height } = canvas;
  if (!dots.image) {
    dots.image = pen.createImageData(width, height);
    dots.pixels = new Uint32Array(dots.image.data.buffer);
  }
  const key = [state.colour, ofKind.length, base, grey].join();
  if (key !== dots.key) [dots.key, dots.stamps] = [key, []];
  dots.pixels.fill(packedColour(rgb(tone("panel"))));
  const [scale, ox, oy] = [u * ratio, (wide / 2 - camera.x * u) * ratio, (high / 2 - camera.y * u) * ratio];
  const radii = ofKind.map((_, kind) => [false, true].map((image) => radiusOf(kind, image, base)));
  for (const [numbers, faded] of lists) {
    for (const i of numbers) {
      const kind = state.kinds.of[i], image = i < data.n ? 1 : 0;
      const radius = radii[kind][image];
      const half = Math.ceil((2.4 * radius + 3) * ratio) / 2;
      const x = Math.round(2 * (world[2 * i] * scale + ox - half));
      const y = Math.round(2 * (world[2 * i + 1] * scale + oy - half));
      const place = (((faded ? ofKind.length : 0) + kind) * 2 + image) * 4 + (x & 1) * 2 + (y & 1);
      put(dots.stamps[place] ||= stamp(image, faded ? grey : ofKind[kind], radius, x & 1, y & 1), x >> 1, y >> 1);
    }
  }
  pen.putImageData(dots.image, 0, 0);
}
