// A waterfall: a bar a step, from where the sum stood to where it stands; a row each for the scene
// and for the one beside it, on one scale.
import { el, svg } from "../../kit/static/dom.js";

const [WIDTH, LABEL, AMOUNT, ROW, GAP] = [360, 132, 52, 13, 12];

export function waterfall(chart) {
  const values = chart.steps.flatMap((step) => step.bars.flatMap((bar) => [bar.start, bar.end]));
  const least = Math.min(0, ...values), most = Math.max(0, ...values);
  const x = (v) => LABEL + ((v - least) / (most - least || 1)) * (WIDTH - LABEL - AMOUNT);
  const rows = chart.series.length;
  const height = chart.steps.length * (rows * ROW + GAP);
  const figure = svg("svg", {
    class: "waterfall", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": chart.alt,
  });
  figure.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height }));
  chart.steps.forEach((step, i) => {
    const top = i * (rows * ROW + GAP) + GAP / 2;
    figure.append(svg("text", { class: "step", x: 0, y: top + (rows * ROW) / 2 + 4 }, step.label));
    step.bars.forEach((bar, j) => {
      const y = top + j * ROW;
      const [from, to] = [x(bar.start), x(bar.end)].sort((a, b) => a - b);
      figure.append(
        svg("rect", {
          class: "bar", data: { series: j, kind: step.total ? "total" : "part" },
          x: from, y, width: Math.max(1.5, to - from), height: ROW - 3, rx: 1.5,
        }, svg("title", null, `${chart.series[j]}, ${step.label}: ${bar.text}`)),
        svg("text", { class: "amount", x: to + 4, y: y + ROW - 4 }, bar.text));
    });
  });
  return el("figure", { class: "detail-chart" },
    el("figcaption", null, chart.title), figure,
    el("ul", { class: "detail-key" }, chart.series.map((name, j) =>
      el("li", { data: { series: j } }, name))));
}
