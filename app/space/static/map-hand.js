// The map, fourth part: pointer and keyboard. What they do to the page is told by map.js, in `act`.
const stage = el("div", {
  class: "map-stage", tabindex: 0, role: "application", "aria-describedby": "map-keys",
}, canvas);
const card = el("div", { class: "map-card", hidden: true });
stage.append(card);
const act = {}; // choose(i), toggle(i), select(numbers, how), open(i)
let tool = "move";

// The nearest point to a place on the canvas, those in colour before grey ones.
function pointAt(px, py, reach = 14) {
  const u = unit();
  const [x, y] = toWorld(px, py, u);
  let [best, nearest] = [-1, (reach / u) ** 2];
  for (let i = 0; i < data.size; i++) {
    const [dx, dy] = [world[2 * i] - x, world[2 * i + 1] - y];
    const distance = (dx * dx + dy * dy) * (lit(i) ? 1 : 3);
    if (distance < nearest) [best, nearest] = [i, distance];
  }
  return best;
}

function pointsInside(polygon) {
  const u = unit();
  const shape2 = polygon.map(([px, py]) => toWorld(px, py, u));
  const [xs, ys] = [shape2.map((p) => p[0]), shape2.map((p) => p[1])];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const found = [];
  for (let i = 0; i < data.size; i++) {
    const x = world[2 * i], y = world[2 * i + 1];
    if (x < left || x > right || y < top || y > bottom) continue;
    if (state.solo !== null && state.kinds.of[i] !== state.solo) continue; // grey by wish
    let inside = false;
    for (let a = 0, b = shape2.length - 1; a < shape2.length; b = a++) {
      if (ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a]) {
        inside = !inside;
      }
    }
    if (inside) found.push(i);
  }
  return found;
}

// What a point's colour says, where neither its kind nor its class says so already.
const colourInWords = (i) => (["class", "modality"].includes(state.colour) ? ""
  : state.kinds.list[state.kinds.of[i]].label);

// The card beside a point: its picture, name and class, or the caption.
function showCard(i) {
  card.hidden = i < 0 || !data.names;
  if (card.hidden) return;
  const scene = sceneOf(i);
  card.replaceChildren(...[
    scene >= 0 ? el("img", { src: thumbnail(scene), alt: "", width: 128, height: 128 }) : null,
    el("div", { class: "map-card-text" },
      el("strong", null, title(i)),
      isImage(i) && data.captionsOf[i].length
        ? el("span", { class: "map-card-line" }, title(data.captionsOf[i][0])) : null,
      el("span", { class: "map-card-kind" },
        [isImage(i) ? W.image : W.text, className(i), colourInWords(i)].filter(Boolean).join(", "))),
  ].filter(Boolean));
  const [x, y] = toScreen(...placeOf(i));
  const [cw, ch] = [card.offsetWidth, card.offsetHeight];
  card.style.left = `${Math.max(4, Math.min(wide - cw - 4, x + 16 + cw > wide ? x - cw - 16 : x + 16))}px`;
  card.style.top = `${Math.max(4, Math.min(high - ch - 4, y - ch / 2))}px`;
}

function hover(i) {
  if (i === state.hovered) return;
  state.hovered = i;
  stage.classList.toggle("is-on-point", i >= 0);
  showCard(i);
  paint();
}

// Pointers: one drags, draws or clicks, two pinch.

const pointers = new Map();
let pressed = null; // {x, y, moved, pinch}
const placeIn = (event) => {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
const span = () => {
  const [a, b] = [...pointers.values()];
  return { far: Math.hypot(a[0] - b[0], a[1] - b[1]), x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
};

stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  stage.setPointerCapture(event.pointerId);
  const [x, y] = placeIn(event);
  pointers.set(event.pointerId, [x, y]);
  pressed = { x, y, moved: false, pinch: pointers.size === 2 ? span() : null };
  state.lasso = tool === "lasso" && pointers.size === 1 ? [[x, y]] : null;
  if (state.cursor >= 0) state.cursor = -1;
});

stage.addEventListener("pointermove", (event) => {
  const [x, y] = placeIn(event);
  if (!pointers.has(event.pointerId)) return hover(pointAt(x, y));
  const [px, py] = pointers.get(event.pointerId);
  pointers.set(event.pointerId, [x, y]);
  if (pressed && Math.hypot(x - pressed.x, y - pressed.y) > 4) pressed.moved = true;
  if (pointers.size === 2 && pressed?.pinch) {
    const now = span();
    zoomBy(now.far / pressed.pinch.far, now.x, now.y);
    pressed = { ...pressed, moved: true, pinch: now };
  } else if (state.lasso) {
    state.lasso.push([x, y]);
  } else if (pressed?.moved) {
    const u = unit();
    camera.x -= (x - px) / u;
    camera.y -= (y - py) / u;
    hover(-1);
  }
  paint();
});

function release(event, cancelled) {
  if (!pointers.delete(event.pointerId) || !pressed) return;
  const [x, y] = placeIn(event);
  const polygon = state.lasso;
  state.lasso = null;
  if (!cancelled && !pressed.moved && !pressed.pinch) {
    const i = pointAt(x, y, event.pointerType === "touch" ? 24 : 14);
    if (tool === "add") i >= 0 && act.toggle(i);
    else act.choose(i);
  } else if (!cancelled && polygon) {
    const found = pointsInside(polygon);
    if (!found.length) announce(W.nothing_caught);
    else act.select(found, event.shiftKey ? "add" : event.altKey ? "drop" : "set");
  }
  pressed = null;
  paint();
}
stage.addEventListener("pointerup", (event) => release(event, false));
stage.addEventListener("pointercancel", (event) => release(event, true));
stage.addEventListener("pointerleave", () => hover(-1));
stage.addEventListener("dblclick", (event) => {
  const i = pointAt(...placeIn(event));
  if (i >= 0 && tool === "move") act.open(i);
});
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const [x, y] = placeIn(event);
  const lines = event.deltaMode === 1 ? 16 : 1;
  zoomBy(Math.exp(-event.deltaY * lines * 0.0016), x, y);
  hover(pointAt(x, y));
}, { passive: false });

// Keys: from point to point by direction.

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function next([dx, dy]) {
  if (state.cursor < 0) {
    const [x, y] = [wide / 2, high / 2];
    return pointAt(x, y, Infinity);
  }
  const [x, y] = placeOf(state.cursor);
  let [best, least] = [-1, Infinity];
  for (let i = 0; i < data.size; i++) {
    const [ox, oy] = [world[2 * i] - x, world[2 * i + 1] - y];
    const along = ox * dx + oy * dy;
    const across = Math.abs(ox * dy - oy * dx);
    if (i === state.cursor || along <= 0 || across > along || !lit(i)) continue;
    if (along + 2 * across < least) [best, least] = [i, along + 2 * across];
  }
  return best;
}

function tell(i) {
  if (!data.names) return announce(W.loading);
  const spoken = isImage(i)
    ? say(W.spoken_image, { name: title(i), class: className(i) || W.no_class })
    : say(W.spoken_text, { text: title(i) });
  announce([spoken, colourInWords(i), state.selected.has(i) && W.spoken_selected].filter(Boolean).join(", "));
}

function moveCursor(direction) {
  const i = next(direction);
  if (i < 0) return;
  state.cursor = i;
  const [px, py] = toScreen(...placeOf(i));
  if (px < 20 || py < 20 || px > wide - 20 || py > high - 20) [camera.x, camera.y] = placeOf(i);
  showCard(i);
  tell(i);
  paint();
}

stage.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.target !== stage) return;
  const { cursor } = state;
  const keys = {
    Enter: () => cursor >= 0 && act.choose(cursor),
    " ": () => cursor >= 0 && (act.toggle(cursor), tell(cursor)),
    "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: fit,
    Escape: () => {
      if (!card.hidden || cursor >= 0) [state.cursor, state.hovered, card.hidden] = [-1, -1, true];
      else act.choose(-1);
      paint();
    },
  };
  const one = DIRECTIONS[event.key] ? () => moveCursor(DIRECTIONS[event.key]) : keys[event.key];
  if (!one) return;
  event.preventDefault();
  one();
});
stage.addEventListener("blur", () => {
  if (state.cursor < 0) return;
  state.cursor = -1;
  card.hidden = true;
  paint();
});
