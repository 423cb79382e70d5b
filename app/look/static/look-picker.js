// Scenes to look at: a strip to choose from, a field to find one by its name, a picture of one's own.
// props.value: see `Picker` in app/look/contract.py.
import { el } from "../../kit/static/dom.js";
import { sendPicture } from "../../kit/static/given.js";
import { go } from "../../kit/static/go.js";

const REST = 200; // milliseconds without another letter

export function mount({ root, props, trigger, watch, upload, words, settings }) {
  let aside = false; // whether a choice is put beside the scene, or in its place

  const target = el("div", { class: "look-target", role: "group", "aria-label": words.target });
  const name = el("input", { type: "search", id: "look-find", maxlength: settings.max_find,
    autocomplete: "off", placeholder: words.find_placeholder });
  const status = el("p", { class: "look-picker-status", role: "status" });
  const strip = el("ul", { class: "look-strip" });
  const caption = el("p", { class: "look-strip-title" });

  function aim(value) {
    aside = value;
    for (const node of target.children) node.setAttribute("aria-pressed", String(node.dataset.beside === String(value)));
    draw();
  }
  for (const [label, value] of [[words.target_scene, false], [words.target_beside, true]]) {
    target.append(el("button", { type: "button", "aria-pressed": String(value === aside),
      data: { beside: value }, onclick: () => aim(value) }, label));
  }
  root.append(
    el("div", { class: "look-picker-bar" }, caption, target,
      el("div", { class: "look-find" },
        el("label", { for: "look-find", class: "visually-hidden" }, words.find), name),
      ownPicture({ trigger, upload, words, settings, status })),
    status, strip);

  let wait = 0;
  name.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => trigger("find", { text: name.value, ...props.value.request }), REST);
  });
  name.addEventListener("keydown", (event) => {
    const first = strip.querySelector("button");
    if (event.key !== "ArrowDown" || !first) return;
    event.preventDefault();
    first.focus();
  });
  strip.addEventListener("keydown", move);

  function choose(scene) {
    if (aside) {
      go({ tab: "look", beside: scene.id });
      aim(false);
    } else go({ tab: "look", scene: scene.id, own: null });
  }

  function draw() {
    const value = props.value;
    root.hidden = !value;
    if (!value) return;
    status.textContent = value.problem || "";
    caption.textContent = value.title;
    target.hidden = !value.scene;
    const [chosen, other] = aside ? [value.beside, value.scene] : [value.scene, value.beside];
    const inside = strip.contains(document.activeElement) && document.activeElement.dataset.id;
    strip.replaceChildren(...value.scenes.map((scene, i) => el("li", null,
      el("button", { type: "button", tabindex: i ? -1 : 0, data: { id: scene.id },
        class: scene.id === other ? "is-beside" : null, "aria-label": scene.title,
        title: scene.title, "aria-pressed": String(scene.id === chosen), onclick: () => choose(scene) },
      el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 72, height: 72 })))));
    if (inside) [...strip.querySelectorAll("button")].find((node) => node.dataset.id === inside)?.focus();
  }
  draw();
  watch("value", draw);
}

// A picture of one's own: the button and its field.
function ownPicture({ trigger, upload, words, settings, status }) {
  const file = el("input", {
    type: "file", accept: "image/*", class: "visually-hidden", tabindex: -1, "aria-label": words.own,
  });
  const tell = (sentence) => { status.textContent = sentence; };
  file.addEventListener("change", async () => {
    const picture = file.files[0];
    file.value = "";
    if (!picture) return;
    const path = await sendPicture(picture,
      { upload, words, most: settings.max_bytes, begun: tell, tell });
    if (path) trigger("take", { path });
  });
  return [el("button", { type: "button", class: "quiet-button", onclick: () => file.click() }, words.own), file];
}

// Arrow keys along the strip; Tab leaves it.
function move(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const items = [...event.currentTarget.querySelectorAll("button")];
  const next = items[items.indexOf(document.activeElement) + step];
  if (!step || !next) return;
  event.preventDefault();
  for (const item of items) item.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
