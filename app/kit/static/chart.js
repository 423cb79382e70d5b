// A plotly.js figure that Python made (app/kit/figure.py), in the page's colours, light and dark.
// plotly.js is fetched when the first figure is shown. Beside each stands a table that says the same.
import { el } from "./dom.js";
import { loadPlotly } from "./plotly.js";

const CONFIG = { displayModeBar: false, displaylogo: false, showTips: false, responsive: false };

// link: of plotly.js. Gives {node, show(figure, alt)}; the node may be moved about. chosen(point),
// if any, hears of a click on a point, as plotly tells of it.
export function makeChart({ link, name, chosen }) {
  const node = el("div", { class: `chart ${name}`, role: "img" });
  let figure = null;
  let width = 0;

  async function draw() {
    if (!figure || !width) return;
    const Plotly = await loadPlotly(link);
    const { data, layout } = coloured(figure);
    await Plotly.react(node, data, { ...layout, width }, CONFIG);
    if (chosen && !node.listening) {
      node.listening = true;
      node.on("plotly_click", (event) => chosen(event.points[0]));
    }
  }

  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) {
      width = now;
      draw();
    }
  }).observe(node);
  document.addEventListener("explorer:theme", draw);

  function show(next, alt) {
    figure = next;
    node.setAttribute("aria-label", alt);
    node.style.minHeight = `${next.layout.height}px`;
    draw();
  }
  return { node, show };
}

// A copy of a figure in which the page's colours stand for their names.
function coloured(part) {
  if (Array.isArray(part)) return part.map(coloured);
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, coloured(value)]));
  }
  const named = typeof part === "string" && /^var\((--[\w-]+)\)$/.exec(part);
  return named ? getComputedStyle(document.body).getPropertyValue(named[1]).trim() : part;
}
