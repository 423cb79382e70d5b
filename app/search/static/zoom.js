// A picture over the whole page: zoomed by wheel, keys, buttons or a double click, moved by dragging.
import { el } from "../../kit/static/dom.js";

const MOST = 12; // times its size on the screen
const STEP = 1.3;

// Gives open(link, alt).
export function makeZoom(words) {
  const picture = el("img", { class: "zoom-picture", draggable: "false" });
  const button = (label, sign, act) => el("button", { type: "button", class: "quiet-button",
    "aria-label": label, title: label, onclick: act }, sign);
  const stage = el("div", { class: "zoom-stage" }, picture);
  const dialog = el("dialog", { class: "zoom", "aria-label": words.enlarge }, stage,
    el("div", { class: "zoom-buttons" },
      button(words.zoom_out, "−", () => scale(1 / STEP)),
      button(words.zoom_in, "+", () => scale(STEP)),
      button(words.close, "×", () => dialog.close())));
  document.body.append(dialog);
  let [by, x, y] = [1, 0, 0];
  const put = () => (picture.style.transform = `translate(${x}px, ${y}px) scale(${by})`);

  // Around a point that stays where it is, the middle where none is given.
  function scale(factor, at = null) {
    const now = Math.min(MOST, Math.max(1, by * factor));
    const box = stage.getBoundingClientRect();
    const [px, py] = at
      ? [at.clientX - box.left - box.width / 2, at.clientY - box.top - box.height / 2] : [0, 0];
    [x, y] = now === 1 ? [0, 0] : [px - (px - x) * (now / by), py - (py - y) * (now / by)];
    by = now;
    put();
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    scale(event.deltaY < 0 ? STEP : 1 / STEP, event);
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => scale(by > 1 ? 1 / MOST : 4, event));
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  stage.addEventListener("pointermove", (event) => {
    if (!event.buttons || by === 1) return;
    [x, y] = [x + event.movementX, y + event.movementY];
    put();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") scale(STEP);
    if (event.key === "-") scale(1 / STEP);
    if (event.key === "0") scale(1 / MOST);
  });

  return (link, alt) => {
    picture.src = link;
    picture.alt = alt;
    [by, x, y] = [1, 0, 0];
    put();
    dialog.showModal();
  };
}
