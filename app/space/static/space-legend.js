// The legend: what the colours mean. A click or a double click shows one kind alone, the others
// grey; "Select" takes all of a kind. A list of buttons, so that keys and screen readers reach it.
import { el, refill, say } from "../../kit/static/dom.js";
import { whole } from "../../kit/static/numbers.js";
import { isDark } from "../../kit/static/theme.js";
import { button } from "./space-bar.js";
import { looksOf } from "./space-kinds.js";

// act: {solo(number, label), selectKind(number)}
export function legend({ words, palette, state, act }) {
  const list = el("ul", { class: "map-legend", "aria-label": words.legend });
  const help = el("p", { class: "map-label" });

  function sign(number) {
    const { colour, shape, size } = looksOf(palette, state.colour, number, isDark());
    const node = el("span", { class: "map-swatch", "aria-hidden": "true",
      data: { shape: state.colour === "modality" && number ? "diamond" : shape } });
    const { sizes = [1] } = palette[state.colour];
    node.style.scale = size / Math.max(1, ...sizes);
    node.style.background = colour || "var(--edge)";
    return node;
  }

  function row({ label, count, number }) {
    const solo = (event) => event.detail < 2 && act.solo(state.solo === number ? null : number, label);
    return el("li", null,
      button([sign(number), el("span", { class: "map-solo-name" }, label),
        el("span", { class: "map-count" }, whole(count))], solo, {
        class: "map-solo", "aria-pressed": String(state.solo === number),
        title: say(words.solo, { name: label }), ondblclick: () => act.solo(number, label),
        data: { number, part: "solo" },
      }),
      button(words.select_all, () => act.selectKind(number), {
        class: "map-all", "aria-label": say(words.select_spoken, { name: label }),
        data: { number, part: "all" },
      }));
  }

  function draw(stageName) {
    const focus = list.contains(document.activeElement) ? document.activeElement.dataset : null;
    help.textContent = say(words.colour_help[state.colour], { stage: stageName });
    refill(list, state.kinds.list.filter(({ count }) => count).map(row));
    if (focus) list.querySelector(`[data-number="${focus.number}"][data-part="${focus.part}"]`)?.focus();
  }

  return { node: el("div", { class: "map-legend-box" }, help, list), draw };
}
