// What Errors compares: two rankings, a direction, how many first hits count; and its files.
import { el } from "../../kit/static/dom.js";
import { button, radios } from "./errors-parts.js";

export function drawBar(bar, value, stage, save) {
  const { words } = stage;
  const { before, after } = value.bar;
  const swap = button("⇄", () => stage.change({ before: after, after: before, from: null }),
    { "aria-label": words.swap, title: words.swap, class: "quiet-button errors-swap" });
  const files = el("div", { class: "errors-choice errors-files" },
    el("span", { class: "errors-label", "aria-hidden": "true" }, words.save),
    Object.entries(words.formats).map(([name, text]) => button(text, () => save(name), {
      "aria-label": words.save_spoken[name], title: words.save_spoken[name], disabled: !value.table,
    })));
  bar.hidden = Boolean(value.problem);
  bar.replaceChildren(
    el("div", { class: "errors-stages" },
      stageChoice("before", value, stage), swap, stageChoice("after", value, stage)),
    radios(words.direction, "dir", value.bar.direction, stage),
    radios(words.within, "within", value.bar.within, stage), files);
}

function stageChoice(name, value, stage) {
  const id = "errors-" + name;
  const select = el("select", { id, data: { focus: id } }, value.bar.stages.map((one) =>
    el("option", { value: one.value, selected: one.value === value.bar[name] }, one.text)));
  select.addEventListener("change", () => stage.change({ [name]: select.value, from: null }));
  return el("div", { class: "choice" }, el("label", { for: id }, stage.words[name]), select);
}
