// Marks in the cells of a table: a change with its interval, and a way from before to after.
// A table's own cell says the same in figures.
import { svg } from "../../kit/static/dom.js";

// A dot with its interval, all rows on one scale around 0. Gives (row) => figure.
export function gainScale(rows) {
  const most = Math.max(1, ...rows.flatMap(({ gain }) => [gain.low, gain.value, gain.high].map(Math.abs)));
  const [wide, high] = [150, 26];
  const x = (v) => wide / 2 + (v / most) * (wide / 2 - 6);
  return ({ gain }) => svg("svg", { class: "errors-gain", viewBox: `0 0 ${wide} ${high}`,
    width: wide, height: high, "aria-hidden": "true", data: { kind: gain.kind } },
  svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: high }),
  gain.low === null ? null
    : svg("line", { class: "range", x1: x(gain.low), x2: x(gain.high), y1: high / 2, y2: high / 2 }),
  svg("circle", { cx: x(gain.value), cy: high / 2, r: 5 }));
}

// From before to after on a line from 0 to `most`; `mean` is marked where there is one.
export function dumbbell({ before, after }, most, { mean = null, wide = 180 } = {}) {
  const high = 20;
  const x = (v) => 6 + (v / (most || 1)) * (wide - 12);
  const kind = after > before ? "up" : after < before ? "down" : "same";
  return svg("svg", { class: "errors-dumbbell", viewBox: `0 0 ${wide} ${high}`, width: wide, height: high,
    "aria-hidden": "true", data: { kind } },
  svg("line", { class: "track", x1: 6, x2: wide - 6, y1: high / 2, y2: high / 2 }),
  mean === null ? null : svg("line", { class: "mean", x1: x(mean), x2: x(mean), y1: 2, y2: high - 2 }),
  svg("line", { class: "range", x1: x(before), x2: x(after), y1: high / 2, y2: high / 2 }),
  svg("circle", { class: "was", cx: x(before), cy: high / 2, r: 4 }),
  svg("circle", { class: "now", cx: x(after), cy: high / 2, r: 5 }));
}
