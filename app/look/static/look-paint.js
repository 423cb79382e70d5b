// How a map is drawn over a picture, and what it says of a place.
// A panel: see `PanelShown` in app/look/contract.py. A shade: {low, high, stops, opacity}, stops being
// the colours from low to high as [red, green, blue].

export const stopsOf = (colours) =>
  colours.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));

export function colour(t, stops) {
  const x = Math.max(0, Math.min(1, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(x));
  const mix = stops[i].map((from, c) => Math.round(from + (stops[i + 1][c] - from) * (x - i)));
  return `rgb(${mix.join()})`;
}

export const gradient = (stops) =>
  `linear-gradient(to right, ${stops.map((c) => `rgb(${c.join()})`).join()})`;

// Rows and columns first to last of a grid's places, as pixels that leave no seams.
const edges = (n, size) => Array.from({ length: n + 1 }, (_, i) => Math.round((i * size) / n));

function squares(context, values, side, w, h, shade) {
  const x = edges(side, w), y = edges(side, h), span = shade.high - shade.low || 1;
  values.forEach((value, i) => {
    if (value === null) return;
    const row = Math.floor(i / side), column = i % side;
    context.fillStyle = colour((value - shade.low) / span, shade.stops);
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

// Whole cells; what of them lies in the window is covered by its patches.
function cells(context, panel, w, h, shade) {
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

// The place that looks, with a dot in its middle.
function origin(context, [row, column], side, w, h, thick) {
  outline(context, [row, column, 1, 1], side, w, h, thick);
  const x = edges(side, w), y = edges(side, h);
  const middle = [(x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2];
  for (const [style, r] of [["#000", thick * 2.2], ["#fff", thick * 1.4]]) {
    context.fillStyle = style;
    context.beginPath();
    context.arc(...middle, r, 0, 7);
    context.fill();
  }
}

export function paint(context, panel, w, h, shade) {
  context.clearRect(0, 0, w, h);
  context.globalAlpha = shade.opacity;
  if (panel.cells) cells(context, panel, w, h, shade);
  squares(context, panel.map, panel.grid, w, h, shade);
  context.globalAlpha = 1;
  const thick = Math.max(2, w / 320);
  if (panel.window) outline(context, panel.window, panel.grid, w, h, thick);
  if (panel.at) origin(context, panel.at, panel.grid, w, h, thick);
}

// What a place holds: {cell, row, column, value}, all from 0; null where nothing is drawn.
export function valueAt(panel, row, column) {
  const value = panel.map[row * panel.grid + column];
  if (value !== null) return { cell: false, row, column, value };
  if (!panel.cells) return null;
  const size = panel.grid / panel.cells.side;
  const [r, c] = [Math.floor(row / size), Math.floor(column / size)];
  const each = panel.cells.values[r * panel.cells.side + c];
  const whole = panel.cells.whole[r * panel.cells.side + c];
  return each === null ? null : { cell: true, row: r, column: c, value: whole, each };
}
