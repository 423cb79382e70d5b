// How many results, which, and how they are reranked: controls whose values stand in the address.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

// A labelled range; the address follows while it moves, without a step in the history for each.
export function slider({ name, label, title }) {
  const id = "option-" + name;
  const shown = el("output", { for: id });
  const input = el("input", { type: "range", id, title });
  let spec = {};
  const tell = () => {
    const none = spec.text_at_least && Number(input.value) === spec.min;
    shown.textContent = none ? spec.text_at_least : input.value;
  };
  input.addEventListener("input", () => {
    tell();
    go({ [name]: Number(input.value) === spec.initial ? null : input.value }, { replace: true });
  });
  const node = el("div", { class: "slider" }, el("label", { for: id, title }, label), input, shown);
  const update = (next) => {
    spec = next;
    Object.assign(input, { min: next.min, max: next.max, step: next.step });
    // While a person moves it, it is theirs, and the answers come after.
    if (document.activeElement !== input) input.value = next.value;
    tell();
  };
  return { node, update };
}

function choice({ name, label }) {
  const id = "option-" + name;
  const select = el("select", { id });
  let spec = {};
  select.addEventListener("change", () =>
    go({ [name]: select.value === spec.initial ? null : select.value }));
  const node = el("div", { class: "choice" }, el("label", { for: id }, label), select);
  const update = (next) => {
    spec = next;
    select.replaceChildren(...next.items.map((item) =>
      el("option", { value: item.value, selected: item.value === next.value }, item.text)));
  };
  return { node, update };
}

// beside: what stands at the end. Only who runs the page may tune for the gallery; the header does it.
export function optionsBar(words, { beside }) {
  const bar = el("div", { class: "search-bar", role: "group", "aria-label": words.options });
  const tag = el("span", { class: "tag" }, words.changed);
  const reset = el("button", { type: "button", class: "quiet-button" }, words.defaults);
  const tune = el("button", { type: "button", class: "quiet-button", title: words.tune_title,
    onclick: () => document.dispatchEvent(new CustomEvent("explorer:tune")) }, words.tune);
  const worth = el("p", { class: "tuning-note" });
  const bankNote = el("p", { class: "tuning-note" });
  const fields = el("div", { class: "tuning-fields" });
  const tuning = el("details", { class: "tuning" },
    el("summary", null, el("span", null, words.tuning), tag),
    el("div", { class: "tuning-body" }, fields, el("div", { class: "tuning-acts" }, reset, tune), worth,
      bankNote));
  let controls = new Map(); // name -> {node, update}
  let drawn = ""; // which of them, in order
  let resets = {};
  reset.addEventListener("click", () => {
    document.activeElement?.blur();
    go(resets);
  });

  // Controls are made anew only when others are wanted, so that one can be held while answers come.
  function draw(options) {
    bar.hidden = !options;
    if (!options) return;
    const { tuning: tuned } = options;
    const outer = [...options.choices, ...options.sliders];
    const inner = [...tuned.choices, ...tuned.sliders];
    const names = [...outer, ...inner].map((spec) => spec.name).join();
    if (names !== drawn) {
      drawn = names;
      const made = (make) => (spec) => [spec.name, make(spec)];
      controls = new Map([
        ...[...options.choices, ...tuned.choices].map(made(choice)),
        ...[...options.sliders, ...tuned.sliders].map(made(slider)),
      ]);
      fields.replaceChildren(...inner.map((spec) => controls.get(spec.name).node));
      bar.replaceChildren(...outer.map((spec) => controls.get(spec.name).node), beside, tuning);
    }
    for (const spec of [...outer, ...inner]) controls.get(spec.name).update(spec);
    resets = Object.fromEntries(inner.map((spec) => [spec.name, null]));
    tag.hidden = reset.disabled = !tuned.changed;
    worth.textContent = tuned.worth;
    worth.hidden = !tuned.worth;
    tune.hidden = !tuned.tunable;
    bankNote.textContent = tuned.note;
  }
  return { node: bar, draw };
}
