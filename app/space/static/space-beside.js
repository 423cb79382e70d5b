// A second model's map beside the first's: the same points, chosen, selected and pointed at together.
import { el, say } from "../../kit/static/dom.js";
import { zoomBox } from "./space-bar.js";
import { cardOf } from "./space-card.js";
import { figure } from "./space-figure.js";

// shared: {points, state, words, settings, current, act}; pressed(event, at): a button went down.
export function beside({ points, state, words, settings, current, act, pressed }) {
  // What is chosen, selected, coloured is that of the first map; the view is its own.
  const own = Object.create(state, {
    view: { value: "aligned_2", writable: true },
    firsts: { value: false }, // a first hit is the first model's
  });
  let at = [0, 0];
  const under = () => map.pointAt(at);
  const map = figure({ points, state: own, words, settings, current, told: {
    clicked: () => act.click(under()),
    caught: (numbers) => act.caught(numbers),
    moved: () => card.follow(),
    themed: () => {},
  } });
  const card = cardOf({ points, state: own, words, map });
  const stage = el("div", { class: "map-stage", role: "img" }, map.nodes, card.rings, card.node);
  const title = el("p", { class: "map-title" });
  const zoom = zoomBox({ words, act: {
    zoom: (factor) => { map.camera.zoomBy(factor); map.paint(); },
    fit: () => { map.camera.fit(); map.paint(); },
    png: () => map.png(`${current().source.data.replace(/[^\w-]+/g, "_")}_space_${own.view}`),
  } });
  const node = el("div", { class: "map-pane" }, title,
    el("div", { class: "map-frame" }, stage, zoom));

  const placeIn = ({ clientX, clientY }) => {
    const box = stage.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  stage.addEventListener("pointerdown", (event) => {
    at = placeIn(event);
    pressed(event);
  }, true);
  stage.addEventListener("pointermove", (event) => {
    const i = event.buttons ? -1 : map.pointAt(placeIn(event));
    stage.classList.toggle("is-on-point", i >= 0);
    act.hover(i, { beside: true });
    card.show(i);
  });
  stage.addEventListener("pointerleave", () => {
    card.show(-1);
    act.hover(-1, { beside: true });
  });

  const there = (view) => Boolean(current().second?.views.includes(view));

  return {
    map, follow: () => card.follow(),
    // Show the same view of the second model among the panes; nothing where it has none.
    show(view, panes) {
      const has = there(`${view}_2`);
      panes.classList.toggle("is-two", has);
      if (!has) return node.remove();
      panes.append(node);
      const name = current().second.titles[1];
      title.textContent = name;
      stage.setAttribute("aria-label", say(words.canvas_second, { model: name }));
      map.show(`${view}_2`);
    },
    use(tool) {
      stage.dataset.tool = tool;
      map.use(tool);
    },
    paint: (all) => node.isConnected && map.paint(all),
    load: () => (current().second ? map.load() : null),
  };
}
