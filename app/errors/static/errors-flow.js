// The flow of queries from right or wrong before to right or wrong after, and its four buttons.
import { el, svg } from "../../kit/static/dom.js";

const [WIDE, HIGH, BAR, GAP, SIDE] = [460, 224, 12, 10, 118];
const SHORT = 18; // characters of a title that fits over its bar beside the other

export function ledger(value, stage) {
  const { flow } = value;
  const { words } = stage;
  const choose = (name) => stage.change({ part: null, cell: name, from: null });
  const cells = flow.cells.map((cell) => el("button", {
    type: "button", class: "errors-cell", title: cell.help, "aria-pressed": String(cell.chosen),
    onclick: () => choose(cell.name), data: { cell: cell.name, focus: "cell " + cell.name },
  },
  el("span", { class: "errors-cell-name" },
    el("span", { class: "errors-cell-sign", "aria-hidden": "true" }, words.cell_signs[cell.name] + " "), cell.label),
  el("span", { class: "errors-cell-count" }, cell.count),
  el("span", { class: "errors-cell-share" }, cell.share)));
  return el("section", { class: "errors-ledger" },
    el("h2", null, flow.title),
    flowFigure(flow, value.titles, choose, words),
    el("div", { class: "errors-cells" }, cells),
    el("p", { class: "errors-net" }, flow.net));
}

function flowFigure(flow, titles, choose, words) {
  const n = Object.fromEntries(flow.cells.map((cell) => [cell.name, cell.n]));
  const unit = (HIGH - GAP) / Math.max(1, flow.total);
  const [x1, x2] = [SIDE, WIDE - SIDE];
  // Where each band begins on either side, in queries; those that are wrong there lie below the gap.
  const before = { right: 0, broken: n.right, fixed: n.right + n.broken, wrong: n.right + n.broken + n.fixed };
  const after = { right: 0, fixed: n.right, broken: n.right + n.fixed, wrong: n.right + n.fixed + n.broken };
  const top = (starts, wrong) => (name) => starts[name] * unit + (wrong.includes(name) ? GAP : 0);
  const [left, right] = [top(before, ["fixed", "wrong"]), top(after, ["broken", "wrong"])];
  const mid = (x1 + x2) / 2;

  function band(cell) {
    const thick = Math.max(cell.n ? 1.5 : 0, cell.n * unit);
    const [a, b] = [left(cell.name), right(cell.name)];
    const path = svg("path", {
      class: "band", data: { cell: cell.name, chosen: cell.chosen },
      d: `M${x1},${a} C${mid},${a} ${mid},${b} ${x2},${b} L${x2},${b + thick} ` +
        `C${mid},${b + thick} ${mid},${a + thick} ${x1},${a + thick} Z`,
    }, svg("title", null, `${cell.label}: ${cell.count}`));
    path.addEventListener("click", () => choose(cell.name));
    return path;
  }

  function end(isLeft, isRight, queries, number) {
    const size = queries * unit;
    const y = isRight ? 0 : HIGH - size;
    const middle = Math.min(HIGH - 20, Math.max(14, y + size / 2));
    const text = { x: isLeft ? x1 - BAR - 8 : x2 + BAR + 8, "text-anchor": isLeft ? "end" : "start" };
    return [
      svg("rect", { class: "end", data: { right: isRight }, x: isLeft ? x1 - BAR : x2, y, width: BAR,
        height: size, rx: 2 }),
      svg("text", { ...text, y: middle, class: "count" }, number),
      svg("text", { ...text, y: middle + 15 }, isRight ? words.flow_right : words.flow_wrong),
    ];
  }

  const edge = Math.max(...titles.map((title) => title.length)) > SHORT ? 0 : x1 - BAR; // with room for both
  const order = ["right", "wrong", "broken", "fixed"];
  return svg("svg", { class: "errors-flow-figure", viewBox: `0 -20 ${WIDE} ${HIGH + 22}`, role: "img",
    "aria-label": flow.alt },
  svg("text", { x: edge, y: -7, "text-anchor": "start", class: "side" }, titles[0]),
  svg("text", { x: WIDE - edge, y: -7, "text-anchor": "end", class: "side" }, titles[1]),
  order.map((name) => band(flow.cells.find((cell) => cell.name === name))),
  end(true, true, n.right + n.broken, flow.sides[0]), end(true, false, n.fixed + n.wrong, flow.sides[1]),
  end(false, true, n.right + n.fixed, flow.sides[2]), end(false, false, n.broken + n.wrong, flow.sides[3]));
}
