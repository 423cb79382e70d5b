// What hands do beyond the library's own pointer: keys from point to point, and two fingers.
import { say } from "../../kit/static/dom.js";
import { announce } from "../../kit/static/speak.js";
import { colourInWords } from "./space-card.js";

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function hand({ stage, points, state, words, map, card, act }) {
  let touch = null; // two fingers: {far, at}

  function tell(i) {
    if (!points.names) return announce(words.loading);
    const spoken = points.isImage(i)
      ? say(words.spoken_image, { name: points.title(i), class: points.className(i) || words.no_class })
      : say(words.spoken_text, { text: points.title(i) });
    announce([spoken, colourInWords(state, i), state.selected.has(i) && words.spoken_selected]
      .filter(Boolean).join(", "));
  }

  // The next point in a direction, of those in colour; at first the one nearest to the middle.
  function next([dx, dy]) {
    const { camera } = map;
    const start = state.cursor < 0;
    const [x, y] = start ? [camera.x, camera.y] : map.placeOf(state.cursor);
    const lit = map.lit();
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < points.size; i++) {
      if (i === state.cursor || (lit && !lit(i))) continue;
      const [px, py] = map.placeOf(i);
      const [ox, oy] = [px - x, py - y];
      const [along, across] = [ox * dx + oy * dy, Math.abs(ox * dy - oy * dx)];
      if (!start && (along <= 0 || across > along)) continue;
      const cost = start ? ox * ox + oy * oy : along + 2 * across;
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  function moveCursor(direction) {
    const i = next(direction);
    if (i < 0) return;
    state.cursor = i;
    act.bring(i);
    card.show(i);
    card.follow();
    tell(i);
  }

  function letGo() {
    [state.cursor, state.hovered, card.node.hidden] = [-1, -1, true];
    card.follow();
  }

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.target !== stage) return;
    const { cursor } = state;
    const keys = {
      Enter: () => cursor >= 0 && act.choose(cursor),
      " ": () => cursor >= 0 && (act.toggle(cursor), tell(cursor)),
      "+": () => act.zoom(1.5), "=": () => act.zoom(1.5), "-": () => act.zoom(1 / 1.5), 0: act.fit,
      Escape: () => (!card.node.hidden || cursor >= 0 ? letGo() : act.choose(-1)),
    };
    const one = DIRECTIONS[event.key] ? () => moveCursor(DIRECTIONS[event.key]) : keys[event.key];
    if (!one) return;
    event.preventDefault();
    one();
  });
  stage.addEventListener("blur", () => state.cursor >= 0 && letGo());

  // The library zooms by wheel, not by two fingers, so that is here; it sees only one finger.
  const span = ({ touches: [a, b] }) => {
    const box = stage.getBoundingClientRect();
    const at = [(a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top];
    return { far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), at };
  };
  const pinch = (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    event.stopPropagation();
    const now = span(event);
    if (touch && event.type === "touchmove") act.zoom(now.far / touch.far, now.at);
    touch = now;
  };
  for (const kind of ["touchstart", "touchmove"]) {
    stage.addEventListener(kind, pinch, { capture: true, passive: false });
  }
  stage.addEventListener("touchend", () => { touch = null; }, true);

  return { tell };
}
