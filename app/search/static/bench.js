// Above the results: how they are laid out, what is excluded, and which scenes are marked.
import { el, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { clearMarks, undoMark } from "./marks.js";
import { slider } from "./options.js";

const SIGNS = { good: "+", bad: "−" };

// Gives {node, draw(bench)}; see `Bench` in app/search/contract.py.
export function makeBench(words, { help }) {
  const layouts = ["compare", "grid"].map((name) =>
    el("button", { type: "button", class: "layout-choice", data: { layout: name },
      onclick: () => setLayout(name) }, words[name]));
  const size = slider({ name: "size", label: words.size });
  const not = el("input", { type: "text", id: "not", class: "bench-not", maxlength: 300,
    placeholder: words.not_placeholder, autocomplete: "off" });
  const exclude = el("form", { class: "bench-exclude" }, el("label", { for: "not" }, words.not), not);
  const marked = el("ul", { class: "bench-marks", "aria-label": words.marks });
  const quiet = (label, act) =>
    el("button", { type: "button", class: "quiet-button", onclick: act }, label);
  const taught = el("div", { class: "bench-taught", role: "group", "aria-label": words.marks },
    marked, quiet(words.undo, undoMark), quiet(words.clear, clearMarks));
  const hint = el("p", { class: "bench-hint" }, words.mark_hint);
  const keys = quiet(words.keys, help);
  keys.classList.add("bench-keys");
  const judge = quiet(words.judge, () => document.dispatchEvent(new CustomEvent("explorer:judge")));
  const kept = quiet(words.collections, () =>
    document.dispatchEvent(new CustomEvent("explorer:collections")));
  const node = el("div", { class: "bench", hidden: true },
    el("div", { class: "layouts", role: "group", "aria-label": words.layout }, layouts),
    size.node, exclude, taught, hint, el("div", { class: "bench-end" }, judge, kept, keys));

  const send = () => go({ not: not.value.trim() || null, scene: null });
  exclude.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  not.addEventListener("change", send);

  function draw(bench) {
    node.hidden = !bench;
    if (!bench) return;
    for (const one of layouts) {
      one.setAttribute("aria-pressed", String(one.dataset.layout === bench.layout));
    }
    size.node.hidden = bench.layout !== "grid";
    size.update(bench.size);
    exclude.hidden = !bench.teachable;
    if (document.activeElement !== not) not.value = bench.excluded;
    taught.hidden = !bench.marks.length;
    hint.hidden = !bench.teachable || bench.marks.length > 0;
    marked.replaceChildren(...bench.marks.map((mark) => el("li", { data: { mark: mark.mark } },
      el("button", { type: "button", class: "bench-mark", onclick: () => go({ scene: mark.id }),
        "aria-label": say(words[`mark_${mark.mark}`], { name: mark.title }) },
      el("img", { src: mark.thumbnail, alt: "", width: 28, height: 28 }),
      el("span", { "aria-hidden": "true" }, SIGNS[mark.mark])))));
  }
  return { node, draw };
}

export const setLayout = (name) => go({ layout: name === "compare" ? null : name, k: null });
