// A map of a score is checked by hiding places, step by step: each answer is asked for when the one before is there.
// value: see `CheckShown` in app/look/contract.py.
import { makeChart } from "../../kit/static/chart.js";
import { el } from "../../kit/static/dom.js";
import { table } from "../../kit/static/table.js";

const SOON = 100; // milliseconds to the next question, by when the one before is over for the page

export function makeCheck({ link, value, trigger, words }) {
  const chart = makeChart({ link, name: "look-curve" });
  const begin = el("button", { type: "button", class: "quiet-button", onclick: () => next(1) });
  const status = el("p", { class: "look-check-said", role: "status" });
  const legend = el("ul", { class: "look-curve-names", "aria-hidden": "true" });
  const figures = el("div", { class: "look-table" });
  const node = el("section", { class: "look-check", hidden: true }, begin, status, legend, chart.node, figures);
  let timer = 0;

  function next(steps) {
    begin.hidden = true;
    status.textContent ||= words.hide_begins;
    trigger("hide", { ...value().request, steps: String(steps) });
  }

  function draw(shown) {
    clearTimeout(timer);
    node.hidden = !shown;
    if (!shown) return;
    begin.hidden = !shown.button;
    begin.textContent = shown.button || "";
    status.textContent = shown.status;
    const drawn = Boolean(shown.figure);
    legend.hidden = chart.node.hidden = !drawn;
    if (drawn) chart.show(shown.figure, shown.alt);
    legend.replaceChildren(...shown.lines.map((line) => el("li", null, line)));
    const open = figures.querySelector("details")?.open;
    figures.replaceChildren(...(shown.table
      ? [el("details", { open }, el("summary", null, words.curve_table), table(shown.table))] : []));
    if (!shown.button && shown.next) timer = setTimeout(() => next(shown.next), SOON);
  }
  return { node, draw };
}
