// A scene opened large, over the page: zoomed by wheel, keys and buttons, moved by dragging; a chip of
// a raster also in what surrounds it. Where the resolution is known, a bar says how long 100 m are.
import { copyButton } from "./copy.js";
import { el, say } from "./dom.js";
import { decimal } from "./numbers.js";

const [LEAST, MOST, STEP] = [1, 24, 1.25];
const BAR = 140; // pixels that the scale bar has at most

// scene: {title, picture, around (a link, or ""), across (metres of its width, or null), north (degrees from
// up, or null), place (text)}; words: LARGE of app/words/large.py.
export function openLarge(scene, words) {
  const image = el("img", { class: "large-picture", alt: scene.title, draggable: "false" });
  const bar = el("div", { class: "large-scale", "aria-hidden": "true", hidden: true });
  const north = el("div", { class: "large-north", hidden: scene.north === null, role: "img", "aria-label": words.north,
    title: words.north, style: `transform: rotate(${scene.north ?? 0}deg)` }, "↑", el("span", null, "N"));
  const stage = el("div", { class: "large-stage", tabindex: 0, "aria-label": words.keys }, image, bar, north);
  const button = (label, act, more) =>
    el("button", { type: "button", class: "quiet-button", onclick: act, ...more }, label);
  const wider = button(words.around, () => show(wide ? "" : scene.around), { hidden: !scene.around });
  const dialog = el("dialog", { class: "large", "aria-label": scene.title },
    el("header", null, el("h2", null, scene.title),
      button("−", () => zoomBy(1 / STEP), { "aria-label": words.zoom_out }),
      button("+", () => zoomBy(STEP), { "aria-label": words.zoom_in }),
      button(words.whole, () => reset()), wider,
      scene.place ? copyButton({ ...words, copy: words.copy }, () => scene.place) : null,
      button("×", () => dialog.close(), { "aria-label": words.close })),
    stage, scene.place ? el("p", { class: "large-place" }, scene.place) : null);
  let view = { zoom: 1, x: 0, y: 0 };
  let across = scene.across; // metres of what is shown
  let wide = false;

  function draw() {
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    const shape = image.naturalWidth / (image.naturalHeight || 1);
    const shown = Math.min(image.clientWidth, image.clientHeight * shape); // pixels of its width
    const metre = across ? (shown * view.zoom) / across : 0; // pixels
    bar.hidden = !metre;
    if (!metre) return;
    const power = 10 ** Math.floor(Math.log10(BAR / metre));
    const metres = [5, 2, 1].map((n) => n * power).find((n) => n * metre <= BAR);
    bar.style.width = `${metres * metre}px`;
    bar.textContent = metres < 1000 ? say(words.metres, { n: decimal(metres, metres < 1 ? 2 : 0) })
      : say(words.kilometres, { n: decimal(metres / 1000, 0) });
  }

  function zoomBy(factor, at = { x: stage.clientWidth / 2, y: stage.clientHeight / 2 }) {
    const zoom = Math.max(LEAST, Math.min(MOST, view.zoom * factor));
    const share = zoom / view.zoom; // what lies under the pointer stays there
    view = { zoom, x: at.x - (at.x - view.x) * share, y: at.y - (at.y - view.y) * share };
    if (zoom === 1) view = { zoom, x: 0, y: 0 };
    draw();
  }
  function reset() {
    view = { zoom: 1, x: 0, y: 0 };
    draw();
  }

  async function show(link) {
    wide = Boolean(link);
    wider.setAttribute("aria-pressed", String(wide));
    across = scene.across;
    if (wide) {
      const answer = await fetch(link).catch(() => null);
      if (!answer?.ok) return show("");
      across = Number(answer.headers.get("x-metres-across")) || null;
      image.src = URL.createObjectURL(await answer.blob());
    } else image.src = scene.picture;
    reset();
  }

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, { x: event.clientX - left, y: event.clientY - top });
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    const from = { x: event.clientX - view.x, y: event.clientY - view.y };
    const move = ({ clientX, clientY }) => {
      view = { ...view, x: clientX - from.x, y: clientY - from.y };
      draw();
    };
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", () => stage.removeEventListener("pointermove", move), { once: true });
  });
  stage.addEventListener("dblclick", ({ clientX, clientY }) => {
    const { left, top } = stage.getBoundingClientRect();
    zoomBy(view.zoom > 1 ? 1 / MOST : 4, { x: clientX - left, y: clientY - top });
  });
  dialog.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "=") zoomBy(STEP);
    else if (event.key === "-") zoomBy(1 / STEP);
    else if (event.key === "0") reset();
    else if (moves[event.key]) {
      const [dx, dy] = moves[event.key];
      view = { ...view, x: view.x + dx, y: view.y + dy };
      draw();
    } else return;
    event.preventDefault();
  });
  image.addEventListener("load", () => draw());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  stage.focus();
  show("");
}
