// Errors, first part: what all parts share, and the figures: gains, flow, recall, confusion, hubs.
// Each figure stands beside a table or buttons that say the same in words.
const { el, svg, say, go, announce } = window.explorer;
const W = WORDS;
const root = element.querySelector(".errors");

// A button that keeps its focus when the answer is drawn anew.
const button = (text, onclick, { key, ...options } = {}) =>
  el("button", {
    type: "button", class: "quiet-button", onclick, ...options,
    data: { ...options.data, focus: key || options["aria-label"] || text },
  }, text);

const sign = (kind) => ({ up: "▲", down: "▼", same: "=" })[kind];

function chip({ kind, text, sign: mark }) {
  return el("span", { class: "move", data: { kind } },
    el("span", { "aria-hidden": "true" }, (mark || sign(kind)) + " "), text);
}

function picture(scene, { label, kind } = {}) {
  return el("button", {
    type: "button", class: "errors-picture", "aria-label": say(W.open_look, { name: scene.title }),
    onclick: () => go({ tab: "look", scene: scene.id }), data: { kind, focus: "look " + kind + scene.id },
  },
  el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 128, height: 128 }),
  label ? el("span", { class: "errors-picture-label" }, label) : null);
}

// Gains: a dot with its interval, all on one scale around 0.
function gainScale(rows) {
  const most = Math.max(1, ...rows.flatMap(({ gain }) => [Math.abs(gain.low), Math.abs(gain.high)]));
  const [wide, high] = [150, 26];
  const x = (v) => wide / 2 + (v / most) * (wide / 2 - 6);
  return ({ gain }) => svg("svg", { class: "errors-gain", viewBox: `0 0 ${wide} ${high}`,
    width: wide, height: high, "aria-hidden": "true", data: { kind: gain.kind } },
  svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: high }),
  svg("line", { class: "range", x1: x(gain.low), x2: x(gain.high), y1: high / 2, y2: high / 2 }),
  svg("circle", { cx: x(gain.value), cy: high / 2, r: 5 }));
}

// The flow of queries from right or wrong before to right or wrong after.
function flowFigure(flow, titles, choose) {
  const [wide, high, bar, gap] = [460, 224, 12, 10];
  const n = Object.fromEntries(flow.cells.map((cell) => [cell.name, cell.n]));
  const unit = (high - gap) / Math.max(1, flow.total);
  const left = { right: 0, broken: n.right, fixed: n.right + n.broken, wrong: n.right + n.broken + n.fixed };
  const after = { right: 0, fixed: n.right, broken: n.right + n.fixed, wrong: n.right + n.fixed + n.broken };
  const low = { left: new Set(["fixed", "wrong"]), right: new Set(["broken", "wrong"]) };
  const y = (side, name) => (side === "left" ? left : after)[name] * unit + (low[side].has(name) ? gap : 0);
  const [x1, x2] = [118, wide - 118];
  const band = (cell) => {
    const thick = Math.max(cell.n ? 1.5 : 0, cell.n * unit);
    const [a, b] = [y("left", cell.name), y("right", cell.name)];
    const mid = (x1 + x2) / 2;
    const path = svg("path", {
      class: "band", data: { cell: cell.name, chosen: cell.chosen },
      d: `M${x1},${a} C${mid},${a} ${mid},${b} ${x2},${b} L${x2},${b + thick} ` +
        `C${mid},${b + thick} ${mid},${a + thick} ${x1},${a + thick} Z`,
    }, svg("title", null, `${cell.label}: ${cell.count}`));
    path.addEventListener("click", () => choose(cell.name));
    return path;
  };
  const end = (side, right, number, i) => {
    const size = (side === "left"
      ? (right ? n.right + n.broken : n.fixed + n.wrong)
      : (right ? n.right + n.fixed : n.broken + n.wrong)) * unit;
    const top = right ? 0 : high - size;
    const x = side === "left" ? x1 - bar : x2;
    const anchor = side === "left" ? "end" : "start";
    const at = side === "left" ? x1 - bar - 8 : x2 + bar + 8;
    const middle = Math.min(high - 20, Math.max(14, top + size / 2));
    return [
      svg("rect", { class: "end", data: { right }, x, y: top, width: bar, height: size, rx: 2 }),
      svg("text", { x: at, y: middle, "text-anchor": anchor, class: "count" }, number),
      svg("text", { x: at, y: middle + 15, "text-anchor": anchor }, right ? W.flow_right : W.flow_wrong),
    ];
  };
  const order = ["right", "wrong", "broken", "fixed"];
  const cells = order.map((name) => flow.cells.find((cell) => cell.name === name));
  return svg("svg", { class: "errors-flow-figure", viewBox: `0 -20 ${wide} ${high + 22}`, role: "img",
    "aria-label": flow.alt },
  svg("text", { x: x1 - bar, y: -7, "text-anchor": "start", class: "side" }, titles[0]),
  svg("text", { x: x2 + bar, y: -7, "text-anchor": "end", class: "side" }, titles[1]),
  cells.map(band),
  end("left", true, flow.sides[0]), end("left", false, flow.sides[1]),
  end("right", true, flow.sides[2]), end("right", false, flow.sides[3]));
}

// From before to after on a line from 0 to `most`; `mean` is marked where there is one.
function dumbbell({ before, after }, most, { mean = null, wide = 180 } = {}) {
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

// Classes against classes of first hits; a cell's ink is its share of the row.
function confusionFigure({ names, cells }, side) {
  const [cell, margin] = [18, 132];
  const size = names.length * cell;
  const totals = names.map(() => 0);
  for (const [of, , before, after] of cells) totals[of] += side === "before" ? before : after;
  const short = (name) => (name.length > 20 ? name.slice(0, 19) + "…" : name);
  const figure = svg("svg", { class: "errors-confusion", role: "img", "aria-label": W.confusion_alt,
    viewBox: `0 0 ${margin + size + 8} ${margin + size + 8}` });
  figure.append(svg("rect", { class: "ground", x: margin, y: margin, width: size, height: size }));
  names.forEach((name, i) => {
    const at = margin + (i + 0.5) * cell;
    figure.append(
      svg("text", { x: margin - 6, y: at + 4, "text-anchor": "end" }, short(name)),
      svg("text", { transform: `translate(${at + 4} ${margin - 6}) rotate(-90)` }, short(name)),
      svg("line", { x1: margin, x2: margin + size, y1: at + cell / 2, y2: at + cell / 2 }),
      svg("line", { y1: margin, y2: margin + size, x1: at + cell / 2, x2: at + cell / 2 }));
  });
  for (const [of, hit, before, after] of cells) {
    const n = side === "before" ? before : after;
    if (!n) continue;
    figure.append(svg("rect", {
      class: of === hit ? "right" : "wrong", x: margin + hit * cell + 1, y: margin + of * cell + 1,
      width: cell - 2, height: cell - 2, rx: 2,
      "fill-opacity": (0.12 + 0.88 * Math.sqrt(n / totals[of])).toFixed(3),
    }, svg("title", null, say(W.confusion_cell, { of: names[of], hit: names[hit], n, total: totals[of] }))));
  }
  return figure;
}
