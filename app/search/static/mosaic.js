// The scenes to start from, one stop of Tab for all: arrows go from one to the next.
import { el, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

export function mosaic(scenes, words) {
  const open = (scene) => () => go({ tab: "search", like: scene.id, q: null, scene: null, marks: null });
  const list = el("ul", { class: "mosaic" }, scenes.map((scene, i) => el("li", null,
    el("button", { type: "button", class: "mosaic-scene", onclick: open(scene), tabindex: i ? -1 : 0,
      "aria-label": say(words.start_with, { name: scene.title }) },
    el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 160, height: 160 })))));
  list.addEventListener("keydown", move);
  return [el("p", { class: "ranking-start-title" }, scenes.length ? words.start : ""), list];
}

// Up and down by the columns that are shown.
function move(event) {
  const scenes = [...event.currentTarget.querySelectorAll(".mosaic-scene")];
  const place = scenes.indexOf(event.target);
  if (place < 0) return;
  const columns = scenes.filter((scene) => scene.offsetTop === scenes[0].offsetTop).length;
  const steps = {
    ArrowRight: place + 1, ArrowLeft: place - 1, ArrowDown: place + columns,
    ArrowUp: place - columns, Home: 0, End: scenes.length - 1,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = scenes[steps[event.key]];
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
