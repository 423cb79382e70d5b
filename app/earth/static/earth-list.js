// The answers beside the map, in step with it: what is pointed at here is outlined there.
import { el, refill } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { copyButton } from "../../kit/static/copy.js";
import { openLarge } from "../../kit/static/large.js";

// placeOf(scene): its latitude and longitude as text, or "".
export function earthList({ words, act, colourOf, placeOf }) {
  const node = el("ol", { class: "earth-list", "aria-label": words.answers });
  let rows = new Map(); // number -> its row

  function row(scene, chosen) {
    const point = (number) => () => act.point(number);
    const open = el("button", {
      type: "button", class: "earth-answer", "aria-label": scene.spoken, "aria-pressed": String(chosen),
      onclick: () => act.choose(scene), onfocus: point(scene.number), onblur: point(-1),
      onpointerenter: point(scene.number), onpointerleave: point(-1),
    },
    el("span", { class: "earth-rank", style: `--colour: ${colourOf(scene.rank)}` }, String(scene.rank)),
    el("img", { src: scene.thumbnail, alt: "", width: 48, height: 48, loading: "lazy" }),
    el("span", { class: "earth-words" }, el("b", null, scene.title),
      el("span", null, [scene.where, scene.was].filter(Boolean).join(" · "))));
    const item = el("li", { class: chosen ? "is-chosen" : "" }, open, chosen ? acts(scene) : null);
    rows.set(scene.number, item);
    return item;
  }

  const acts = (scene) => el("div", { class: "earth-acts" },
    el("button", { type: "button", class: "quiet-button", onclick: () => go({ tab: "search", scene: scene.id }) },
      words.open),
    el("button", { type: "button", class: "quiet-button", onclick: () => go({ tab: "look", scene: scene.id }) },
      words.look),
    el("button", { type: "button", class: "quiet-button", onclick: () => openLarge({ ...scene, place: placeOf(scene) }, words) },
      words.large),
    placeOf(scene) ? copyButton(words, () => placeOf(scene)) : null);

  return {
    node,
    draw(scenes, chosen) {
      const held = node.contains(document.activeElement);
      rows = new Map();
      refill(node, scenes.map((scene) => row(scene, scene.id === chosen)));
      if (held) node.querySelector("[aria-pressed=true]")?.focus();
    },
    light(number) {
      for (const [own, item] of rows) item.classList.toggle("is-lit", own === number);
      if (number >= 0) rows.get(number)?.scrollIntoView({ block: "nearest" });
    },
  };
}
