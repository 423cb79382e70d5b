// Classes against the classes of first hits, before or after: as a figure and as a table.
import { el, say } from "../../kit/static/dom.js";
import { scrolling } from "../../kit/static/table.js";
import { button } from "./errors-parts.js";

export function confusion(classes, stage) {
  const { words } = stage;
  const twin = el("div");
  const toggle = el("div", { class: "errors-radios", role: "group", "aria-label": words.side_label });
  const show = () => {
    const open = Boolean(twin.querySelector("details")?.open);
    stage.confusion.show(classes.figures[stage.side], words.confusion_alt);
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
    scrolling(words.confusion, "errors-scroll",
      el("div", { class: "errors-figure-box" }, stage.confusion.node)), twin);
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
