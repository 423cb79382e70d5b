// Classes against the classes of first hits, before or after: as a figure and as a table.
import { el, say, svg } from "../../kit/static/dom.js";
import { scrolling } from "../../kit/static/table.js";
import { button } from "./errors-parts.js";

export function confusion(classes, stage) {
  const { words } = stage;
  const figure = el("div", { class: "errors-figure-box" });
  const twin = el("div");
  const toggle = el("div", { class: "errors-radios", role: "group", "aria-label": words.side_label });
  const show = () => {
    const open = Boolean(twin.querySelector("details")?.open);
    figure.replaceChildren(drawn(classes, stage));
    twin.replaceChildren(pairs(classes, stage));
    twin.querySelector("details").open = open;
    toggle.replaceChildren(...Object.entries(words.sides).map(([name, text], i) =>
      button(`${text}: ${stage.value().titles[i]}`, () => {
        stage.side = name;
        show();
        toggle.querySelector(`[data-name="${name}"]`).focus();
      }, { class: "errors-radio", "aria-pressed": String(stage.side === name), data: { name } })));
  };
  show();
  return el("section", null, el("h2", null, words.confusion),
    el("p", { class: "errors-help" }, words.confusion_help), toggle,
    scrolling(words.confusion, "errors-scroll", figure), twin);
}

// A cell's ink is its share of the row.
function drawn({ names, cells }, { words, side }) {
  const [cell, margin] = [18, 132];
  const size = names.length * cell;
  const totals = names.map(() => 0);
  for (const [of, , before, after] of cells) totals[of] += side === "before" ? before : after;
  const short = (name) => (name.length > 20 ? name.slice(0, 19) + "…" : name);
  const figure = svg("svg", { class: "errors-confusion", role: "img", "aria-label": words.confusion_alt,
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
    }, svg("title", null, say(words.confusion_cell, { of: names[of], hit: names[hit], n, total: totals[of] }))));
  }
  return figure;
}

// Pairs of different classes, the most frequent first.
function pairs({ names, cells }, stage) {
  const { words, side } = stage;
  const at = side === "before" ? 2 : 3;
  const list = cells.filter((cell) => cell[0] !== cell[1] && cell[at]).sort((a, b) => b[at] - a[at]);
  const row = ([of, hit, before, after]) => el("tr", null,
    el("th", { scope: "row" }, button(names[of], () => stage.showWrong({ of: names[of], hit: names[hit] }), {
      class: "errors-link", key: `pair ${of} ${hit}`,
      "aria-label": say(words.show_cases, { name: `${names[of]}, ${words.hit}: ${names[hit]}` }),
    })),
    el("td", { class: "errors-word" }, names[hit]), el("td", null, before), el("td", null, after));
  return el("details", { class: "errors-details" },
    el("summary", null, words.as_table),
    scrolling(words.confusion_table, "errors-scroll", el("table", { class: "errors-table" },
      el("caption", null, words.confusion_table),
      el("thead", null, el("tr", null, words.confusion_columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", null, list.map(row)))));
}
