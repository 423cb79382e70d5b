// Hubs: what stands among the first results of more queries than others, before and after.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { scrolling } from "../../kit/static/table.js";
import { dumbbell } from "./errors-marks.js";
import { button, chip } from "./errors-parts.js";

export function drawHubs({ hubs }, { words }) {
  const most = Math.max(...hubs.items.flatMap(({ before, after }) => [before, after]));
  const head = (name) => (name ? el("th", { scope: "col" }, name) : el("td"));
  return [
    el("h2", null, words.hubs),
    el("p", { class: "errors-help" }, hubs.help),
    el("p", { class: "errors-help" }, `${hubs.skewness} ${hubs.never}`),
    scrolling(words.hubs, "errors-scroll", el("table", { class: "errors-table errors-hubs" },
      el("caption", { class: "visually-hidden" }, words.hubs_alt),
      el("thead", null, el("tr", null, hubs.columns.map(head), el("td", { class: "errors-figure" }))),
      el("tbody", null, hubs.items.map((one) => hubRow(one, most, hubs.mean))))),
  ];
}

function hubRow(one, most, mean) {
  const open = () => go(one.caption
    ? { tab: "search", q: one.caption, like: null, upload: null, drop: null, scene: null }
    : { tab: "look", scene: one.scene.id });
  return el("tr", null,
    el("td", { class: "errors-thumb" },
      el("img", { src: one.scene.thumbnail, alt: "", loading: "lazy", width: 56, height: 56 })),
    el("th", { scope: "row" }, button(one.caption || one.scene.title, open, {
      class: "errors-link", key: "hub " + (one.caption || one.scene.id),
    }), one.scene.class_name ? el("span", { class: "errors-class" }, one.scene.class_name) : null),
    el("td", null, one.shown[0]), el("td", null, one.shown[1]),
    el("td", { class: "errors-word" }, chip(one.change)),
    el("td", { class: "errors-figure" }, dumbbell(one, most, { mean })));
}
