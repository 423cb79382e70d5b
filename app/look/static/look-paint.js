// How a map is drawn over a picture: on the page, small, and as a PNG. Goes before look.js.
// A panel is what `panel` in app/look/view.py gives; a shade is {low, high, palette, opacity}.
const PALETTES = { // ten stops each, from plotly.colors.sequential
  viridis: "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
  cividis: "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
};
const STOPS = Object.fromEntries(Object.entries(PALETTES).map(([name, text]) =>
  [name, text.split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)))]));

function colour(t, palette) {
  const stops = STOPS[palette];
  const x = Math.max(0, Math.min(1, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(x));
  const mix = stops[i].map((from, c) => Math.round(from + (stops[i + 1][c] - from) * (x - i)));
  return `rgb(${mix.join()})`;
}

const gradient = (palette) =>
  `linear-gradient(to right, ${STOPS[palette].map((c) => `rgb(${c.join()})`).join()})`;

// Rows and columns first to last of a grid's places, as pixels that leave no seams.
const edges = (n, size) => Array.from({ length: n + 1 }, (_, i) => Math.round((i * size) / n));

function squares(context, values, side, w, h, shade) {
  const x = edges(side, w), y = edges(side, h), span = shade.high - shade.low || 1;
  values.forEach((value, i) => {
    if (value === null) return;
    const row = Math.floor(i / side), column = i % side;
    context.fillStyle = colour((value - shade.low) / span, shade.palette);
    context.fillRect(x[column], y[row], x[column + 1] - x[column], y[row + 1] - y[row]);
  });
}

// A line that is seen on any ground: dark below, light above.
function outline(context, [top, left, rows, columns], side, w, h, width) {
  const x = edges(side, w), y = edges(side, h);
  const box = [x[left], y[top], x[left + columns] - x[left], y[top + rows] - y[top]];
  for (const [style, extra] of [["#000", 2], ["#fff", 0]]) {
    context.strokeStyle = style;
    context.lineWidth = width + extra;
    context.strokeRect(...box);
  }
}

function paint(context, panel, w, h, shade) {
  context.clearRect(0, 0, w, h);
  context.globalAlpha = shade.opacity;
  if (panel.cells) { // whole cells first; what of them lies in the window is covered by its patches
    const [top, left, rows, columns] = panel.window || [0, 0, 0, 0];
    const x = edges(panel.grid, w), y = edges(panel.grid, h);
    context.save();
    const beyond = new Path2D();
    beyond.rect(0, 0, w, h);
    beyond.rect(x[left], y[top], x[left + columns] - x[left], y[top + rows] - y[top]);
    context.clip(beyond, "evenodd");
    squares(context, panel.cells.values, panel.cells.side, w, h, shade);
    context.globalAlpha = Math.min(1, shade.opacity + 0.2);
    context.strokeStyle = "rgba(255,255,255,0.7)";
    context.lineWidth = 1;
    const cx = edges(panel.cells.side, w), cy = edges(panel.cells.side, h);
    context.beginPath();
    for (const line of cx.slice(1, -1)) context.rect(line, 0, 0, h);
    for (const line of cy.slice(1, -1)) context.rect(0, line, w, 0);
    context.stroke();
    context.restore();
  }
  squares(context, panel.map, panel.grid, w, h, shade);
  context.globalAlpha = 1;
  const thick = Math.max(2, w / 320);
  if (panel.window) outline(context, panel.window, panel.grid, w, h, thick);
  if (panel.at) {
    const [row, column] = panel.at;
    outline(context, [row, column, 1, 1], panel.grid, w, h, thick);
    const x = edges(panel.grid, w), y = edges(panel.grid, h);
    const middle = [(x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2];
    for (const [style, r] of [["#000", thick * 2.2], ["#fff", thick * 1.4]]) {
      context.fillStyle = style;
      context.beginPath();
      context.arc(...middle, r, 0, 7);
      context.fill();
    }
  }
}

// What a place holds: {cell, row, column, value}, all from 0; null where nothing is drawn.
function valueAt(panel, row, column) {
  const value = panel.map[row * panel.grid + column];
  if (value !== null) return { cell: false, row, column, value };
  if (!panel.cells) return null;
  const size = panel.grid / panel.cells.side;
  const [r, c] = [Math.floor(row / size), Math.floor(column / size)];
  const each = panel.cells.values[r * panel.cells.side + c];
  const whole = panel.cells.whole[r * panel.cells.side + c];
  return each === null ? null : { cell: true, row: r, column: c, value: whole, each };
}

function wrapped(context, text, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = (lines.at(-1) + " " + word).trim();
    if (context.measureText(longer).width <= width || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// The map over its picture with its scale and caption, as a PNG of its own.
function exportPng(panel, picture, shade, scale) {
  const W_PICTURE = 960, PAD = 32, LINE = 26, FONT = "18px 'IBM Plex Sans', system-ui, sans-serif";
  const h = Math.round((W_PICTURE * picture.naturalHeight) / picture.naturalWidth);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  context.font = FONT;
  const lines = panel.png.lines.flatMap((line) => wrapped(context, line, W_PICTURE));
  canvas.width = W_PICTURE + 2 * PAD;
  canvas.height = h + 2 * PAD + 70 + lines.length * LINE;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, PAD, PAD, W_PICTURE, h);
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = [W_PICTURE, h];
  paint(layer.getContext("2d"), panel, W_PICTURE, h, shade);
  context.drawImage(layer, PAD, PAD);
  const top = PAD + h + 16, bar = 320;
  for (let i = 0; i < bar; i++) {
    context.fillStyle = colour(i / (bar - 1), shade.palette);
    context.fillRect(PAD + i, top, 1, 14);
  }
  context.font = FONT;
  context.textBaseline = "top";
  context.fillStyle = "#15201d";
  context.fillText(`${scale.low} – ${scale.high}  ${scale.unit}`, PAD + bar + 14, top - 3);
  lines.forEach((line, i) => context.fillText(line, PAD, top + 34 + i * LINE));
  canvas.toBlob((blob) => window.explorer.save(blob, panel.png.file), "image/png");
}
