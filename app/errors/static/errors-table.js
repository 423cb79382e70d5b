// Recall of both rankings with its intervals, and what the second gains.
import { el } from "../../kit/static/dom.js";
import { scrolling } from "../../kit/static/table.js";
import { gainScale } from "./errors-marks.js";
import { chip } from "./errors-parts.js";

export function recallTable(value, { words }) {
  const figure = gainScale(value.table);
  const cell = ({ text, spread }) => el("td", null,
    el("span", { class: "errors-value" }, text), el("span", { class: "errors-spread" }, spread));
  const row = (one) => el("tr", { data: { name: one.name } },
    el("th", { scope: "row" }, one.label), cell(one.before), cell(one.after), cell(one.gain),
    el("td", { class: "errors-figure" }, figure(one)),
    el("td", { class: "errors-word" }, chip({ ...one.gain, text: one.gain.said })),
    el("td", { class: "errors-equal" }, one.equal.join(" → ")));
  const head = (text, options) => el("th", { scope: "col", ...options }, text);
  return el("section", { class: "errors-recall" },
    el("h2", null, words.table),
    el("p", { class: "errors-help" }, `${value.sizes}. ${words.table_help}`),
    scrolling(words.table, "errors-scroll", el("table", { class: "errors-table" },
      el("caption", { class: "visually-hidden" }, words.gain_alt),
      el("thead", null, el("tr", null,
        head(words.metric), head(value.titles[0]), head(value.titles[1]),
        head(words.gain, { colspan: 3, title: words.gain_said_help }),
        head(words.equal, { title: words.equal_help }))),
      el("tbody", null, value.table.map(row)))));
}
