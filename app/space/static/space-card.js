// Beside a point: the rings around those that are chosen or pointed at, and the card of one.
import { el, refill } from "../../kit/static/dom.js";

// What a point's colour says, where neither its kind nor its class says so already.
export const colourInWords = (state, i) =>
  (["class", "modality"].includes(state.colour) ? "" : state.kinds.list[state.kinds.of[i]].label);

export function cardOf({ points, state, words, map }) {
  const node = el("div", { class: "map-card", hidden: true });
  const rings = ["hovered", "cursor", "chosen"].map((name) => [name,
    el("div", { class: "map-ring", hidden: true, "aria-hidden": "true", data: { name } })]);

  function show(i) {
    node.hidden = !map.isHere(i) || !points.names;
    if (node.hidden) return;
    const scene = points.sceneOf(i);
    const caption = points.isImage(i) && points.captionsOf[i][0];
    refill(node,
      scene >= 0 && el("img", { src: points.thumbnail(scene), alt: "", width: 128, height: 128 }),
      el("div", { class: "map-card-text" },
        el("strong", null, points.title(i)),
        caption && el("span", { class: "map-card-line" }, points.title(caption)),
        el("span", { class: "map-card-kind" },
          [points.isImage(i) ? words.image : words.text, points.className(i), colourInWords(state, i)]
            .filter(Boolean).join(", "))));
    const { wide, high } = map.camera;
    const [x, y] = map.camera.toScreen(map.placeOf(i));
    const [w, h] = [node.offsetWidth, node.offsetHeight];
    const left = x + 16 + w > wide ? x - w - 16 : x + 16;
    node.style.left = `${Math.max(4, Math.min(wide - w - 4, left))}px`;
    node.style.top = `${Math.max(4, Math.min(high - h - 4, y - h / 2))}px`;
  }

  // The rings follow the camera and the state.
  function follow() {
    for (const [name, ring] of rings) {
      const i = state[name];
      ring.hidden = !map.isHere(i);
      if (ring.hidden) continue;
      const [x, y] = map.camera.toScreen(map.placeOf(i));
      ring.style.transform = `translate(${x}px, ${y}px)`;
    }
  }

  return { node, rings: rings.map(([, ring]) => ring), show, follow };
}
