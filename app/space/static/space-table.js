// The table twin: the selected points, or all of them, a page at a time.
import { el, say } from "../../kit/static/dom.js";
import { announce } from "../../kit/static/speak.js";
import { scrolling } from "../../kit/static/table.js";
import { button } from "./space-bar.js";
import { inOrder, packed } from "./space-selection.js";

const PAGE = 20; // rows

export function table({ points, words, state, act, coordinates }) {
  const summary = el("summary", null, words.as_table);
  const node = el("details", { class: "map-table" }, summary);
  let [from, of] = [0, ""];

  const row = (i) => el("tr", null,
    el("td", null, points.isImage(i) ? words.image : words.text),
    el("th", { scope: "row" },
      button(points.title(i), () => act.choose(i, true), { class: "map-line" })),
    el("td", null, points.className(i)), coordinates(i).map((v) => el("td", null, v)),
    el("td", null, points.firstTens(i)), el("td", null, points.rankOfOwn(i)));

  const turn = (by) => () => {
    from += by;
    draw();
    announce(node.querySelector("caption").textContent);
  };

  function draw() {
    if (!node.open || !points.names) return;
    const numbers = state.selected.size
      ? inOrder(state.selected) : Array.from({ length: points.size }, (_, i) => i);
    const key = packed(numbers);
    if (of !== key) [from, of] = [0, key];
    const page = numbers.slice(from, from + PAGE);
    const caption = say(state.selected.size ? words.table_of_selection : words.table,
      { from: from + 1, to: from + page.length, n: numbers.length });
    node.replaceChildren(summary,
      scrolling(caption, "map-scroll", el("table", null, el("caption", null, caption),
        el("thead", null,
          el("tr", null, words.columns.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", null, page.map(row)))),
      el("div", { class: "map-actions" },
        button(words.earlier, turn(-PAGE), { disabled: from === 0 }),
        button(words.later, turn(PAGE), { disabled: from + PAGE >= numbers.length })));
  }
  node.addEventListener("toggle", draw);

  return { node, draw };
}
