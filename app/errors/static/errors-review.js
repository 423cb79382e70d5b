// The review of errors that may be none: a first hit whose caption fits as well.
import { el } from "../../kit/static/dom.js";
import { decimal } from "../../kit/static/numbers.js";
import { button, openCase, picture, turns } from "./errors-parts.js";
import { countVerdicts, tally } from "./errors-tally.js";
import { forget, judge, verdicts } from "./errors-verdicts.js";

export function drawReview({ listed: list, review }, stage) {
  const { words } = stage;
  const count = () => countVerdicts(verdicts(stage.value().version, Object.keys(words.verdicts)));
  count();
  const again = button(words.forget, () => {
    forget(stage.value().version);
    stage.draw();
  });
  return [
    el("header", { class: "errors-list-head" }, el("h2", null, list.title), fitSlider(review.fit, stage)),
    el("p", { class: "errors-help" }, review.help),
    el("p", { class: "errors-help" }, review.count + " ", list.cases.length ? list.range : ""),
    el("div", { class: "errors-judged" }, tally, el("p", { class: "errors-help" }, words.kept_here), again),
    el("ul", { class: "errors-cases" }, list.cases.map((one) => reviewCard(one, count, stage))),
    list.cases.length ? turns(list, stage) : null,
  ];
}

// From which likeness of captions on a hit counts as fitting.
function fitSlider(value, stage) {
  const id = "errors-fit";
  const { least, most, step } = stage.settings.fit;
  const shown = el("output", { for: id }, decimal(value, 2));
  const input = el("input", { type: "range", id, min: least, max: most, step, value, data: { focus: id } });
  input.addEventListener("input", () => {
    shown.textContent = decimal(Number(input.value), 2);
    stage.change({ fit: Number(input.value), from: null }, { replace: true });
  });
  return el("div", { class: "slider" }, el("label", { for: id }, stage.words.fit), input, shown);
}

function reviewCard(one, judged, stage) {
  const { words } = stage;
  const { version } = stage.value();
  const names = Object.keys(words.verdicts);
  const group = el("div", { class: "errors-verdicts", role: "group", "aria-label": words.verdict });
  const drawGroup = () => {
    const said = verdicts(version, names)[one.key];
    group.replaceChildren(...names.map((name) => button(words.verdicts[name], () => {
      judge(version, names, one.key, name);
      drawGroup();
      judged();
      group.querySelector(`[data-name="${name}"]`).focus();
    }, { "aria-pressed": String(said === name), data: { name }, class: "errors-verdict",
      key: `verdict ${name} ${one.key}` })));
  };
  drawGroup();
  const side = (label, scene, text, kind) => el("div", { class: "errors-side" },
    picture(scene, kind, words),
    el("div", null, el("p", { class: "errors-label" }, label), el("p", { class: "errors-quote" }, text)));
  return el("li", { class: "errors-case errors-review-case" },
    side(words.asked, one.truth, one.against, "true"),
    side(words.found, one.wrong, one.nearest, "wrong"),
    el("div", { class: "errors-case-text" },
      el("p", { class: "errors-alike" }, one.alike), group, openCase(one, stage)));
}
