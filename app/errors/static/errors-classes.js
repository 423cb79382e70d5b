// Recall by class, as a table that can be sorted, beside which classes are taken for which.
import { el, say } from "../../kit/static/dom.js";
import { scrolling } from "../../kit/static/table.js";
import { confusion } from "./errors-confusion.js";
import { dumbbell } from "./errors-marks.js";
import { button, chip } from "./errors-parts.js";

export function drawClasses({ classes }, stage) {
  const { words } = stage;
  if (!classes.names.length) return [el("p", { class: "note", data: { kind: "info" } }, words.no_classes)];
  return [el("div", { class: "errors-halves" },
    el("section", null, el("h2", null, words.by_class), classTable(classes.rows, stage)),
    confusion(classes, stage))];
}

// Columns by the field that they sort by, with their heads.
const columns = (words) => [
  ["name", words.class], ["n", words.n], ["before", words.before], ["after", words.after],
  ["change", words.change], ["fixed", words.cells.fixed], ["broken", words.cells.broken],
];

function ordered(rows, { by, down }) {
  return [...rows].sort((a, b) => {
    const way = typeof a[by] === "string" ? a[by].localeCompare(b[by]) : a[by] - b[by];
    return (down ? -way : way) || a.name.localeCompare(b.name);
  });
}

function classTable(rows, stage) {
  const { words, sorted } = stage;
  const sort = (name) => () => {
    Object.assign(sorted, { by: name, down: name === sorted.by ? !sorted.down : name !== "name" });
    stage.draw();
  };
  const head = columns(words).map(([name, label]) => {
    const mine = name === sorted.by;
    return el("th", { scope: "col", "aria-sort": mine ? (sorted.down ? "descending" : "ascending") : null },
      button(label + (mine ? (sorted.down ? " ▾" : " ▴") : ""), sort(name), {
        class: "errors-sort", "aria-label": say(words.sort_by, { column: label }), key: "sort " + name,
      }));
  });
  const most = Math.max(10, ...rows.flatMap(({ before, after }) => [before, after]));
  return scrolling(words.by_class, "errors-scroll", el("table", { class: "errors-table" },
    el("caption", null, say(words.recall_at, { k: stage.value().bar.within.value })),
    el("thead", null, el("tr", null, head, el("td", { class: "errors-figure" }))),
    el("tbody", null, ordered(rows, sorted).map((one) => classRow(one, most, stage)))));
}

function classRow(one, most, stage) {
  const link = button(one.name, () => stage.showWrong({ of: one.name }), {
    class: "errors-link", "aria-label": say(stage.words.show_cases, { name: one.name }), key: "class " + one.name,
  });
  return el("tr", null,
    el("th", { scope: "row" }, link),
    el("td", null, one.n), el("td", null, one.shown[0]), el("td", null, one.shown[1]),
    el("td", null, chip(one.move)),
    el("td", null, one.fixed), el("td", null, one.broken),
    el("td", { class: "errors-figure" }, dumbbell(one, most, { wide: 96 })));
}
