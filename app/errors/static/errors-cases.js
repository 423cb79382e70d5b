// The list of cases: queries that were fixed, broken, right or wrong both times.
import { el } from "../../kit/static/dom.js";
import { chip, openCase, picture, turns } from "./errors-parts.js";

export function drawCases({ listed: list }, stage) {
  const { words } = stage;
  const several = list.classes.length > 1;
  return [
    el("header", { class: "errors-list-head" },
      el("h2", null, list.title),
      el("div", { class: "errors-filters" },
        several ? filter("of", words.of, list.of, list.classes, stage) : null,
        several ? filter("hit", words.hit, list.hit, list.classes, stage) : null)),
    el("p", { class: "errors-help" }, list.range),
    el("ul", { class: "errors-cases" }, list.cases.map((one) => caseCard(one, stage))),
    list.cases.length ? turns(list, stage) : null,
  ];
}

const quote = (one) => el("p", { class: one.quoted ? "errors-quote" : "errors-name" }, one.text);

function caseCard(one, stage) {
  const { words } = stage;
  return el("li", { class: "errors-case" },
    el("div", { class: "errors-pictures" },
      picture(one.truth, "true", words), one.wrong ? picture(one.wrong, "wrong", words) : null),
    el("div", { class: "errors-case-text" },
      quote(one),
      one.class_name ? el("p", { class: "errors-class" }, one.class_name) : null,
      one.wrong_caption ? el("p", { class: "errors-said" }, "× ", one.wrong_caption) : null,
      el("p", { class: "errors-ranks" },
        el("span", { class: "visually-hidden" }, one.spoken),
        el("span", { "aria-hidden": "true", title: words.rank },
          el("span", { class: "was" }, one.ranks.before), " → ", el("strong", null, one.ranks.after)),
        chip(one.move)),
      one.alike ? el("p", { class: "errors-alike" }, one.alike) : null,
      openCase(one, stage)));
}

function filter(name, label, value, classes, stage) {
  const id = "errors-" + name;
  const select = el("select", { id, data: { focus: id } },
    el("option", { value: "" }, stage.words.all_classes),
    classes.map((one) => el("option", { value: one, selected: one === value }, one)));
  select.addEventListener("change", () => stage.change({ [name]: select.value, from: null }));
  return el("div", { class: "choice" }, el("label", { for: id }, label), select);
}
