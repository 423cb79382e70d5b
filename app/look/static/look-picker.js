// Scenes to look at: a strip to choose from, a field to find one by its name, a picture of one's own.
// props.value: see `picker` in app/look/view.py.
const { el, go, announce } = window.explorer;
const W = WORDS;
const root = element.querySelector(".look-picker");

let beside = false; // whether a choice is put beside the scene, or in its place

const file = el("input", {
  type: "file", accept: "image/*", class: "visually-hidden", tabindex: -1, "aria-label": W.own,
});
const own = el("button", { type: "button", class: "quiet-button", onclick: () => file.click() }, W.own);
const name = el("input", { type: "search", id: "look-find", maxlength: 100, autocomplete: "off",
  placeholder: W.find_placeholder });
const status = el("p", { class: "look-picker-status", role: "status" });
const strip = el("ul", { class: "look-strip" });
const caption = el("p", { class: "look-strip-title" });

const target = el("div", { class: "look-target", role: "group", "aria-label": W.target });
for (const [label, value] of [[W.target_scene, false], [W.target_beside, true]]) {
  target.append(el("button", { type: "button", "aria-pressed": String(value === beside),
    data: { beside: value }, onclick: () => aim(value) }, label));
}
function aim(value) {
  beside = value;
  for (const node of target.children) node.setAttribute("aria-pressed", String(node.dataset.beside === String(value)));
  draw();
}

root.append(
  el("div", { class: "look-picker-bar" }, caption, target,
    el("div", { class: "look-find" }, el("label", { for: "look-find", class: "visually-hidden" }, W.find), name),
    own, file),
  status, strip);

let wait = 0;
name.addEventListener("input", () => {
  clearTimeout(wait);
  wait = setTimeout(() => trigger("find", { text: name.value, ...props.value.request }), 200);
});
name.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && strip.querySelector("button")) {
    event.preventDefault();
    strip.querySelector("button").focus();
  }
});

file.addEventListener("change", async () => {
  const picture = file.files[0];
  file.value = "";
  if (!picture) return;
  if (!picture.type.startsWith("image/")) return (status.textContent = W.not_a_picture);
  if (picture.size > W.max_bytes) return (status.textContent = W.too_large);
  status.textContent = W.uploading;
  try {
    const { path } = await upload(picture);
    trigger("take", { path });
  } catch {
    status.textContent = W.upload_failed;
  }
});

function choose(scene) {
  if (beside) {
    go({ tab: "look", beside: scene.id });
    aim(false);
  } else go({ tab: "look", scene: scene.id, own: null });
}

// Arrow keys along the strip; Tab leaves it.
strip.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const items = [...strip.querySelectorAll("button")];
  const next = items[items.indexOf(document.activeElement) + step];
  if (!step || !next) return;
  event.preventDefault();
  for (const item of items) item.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

function draw() {
  const value = props.value;
  root.hidden = !value;
  if (!value) return;
  status.textContent = value.problem || "";
  caption.textContent = value.title;
  target.hidden = !value.scene;
  const inside = strip.contains(document.activeElement) && document.activeElement.dataset.id;
  strip.replaceChildren(...value.scenes.map((scene, i) => el("li", null,
    el("button", { type: "button", tabindex: i ? -1 : 0, data: { id: scene.id },
      class: scene.id === (beside ? value.scene : value.beside) ? "is-beside" : null,
      "aria-label": scene.title, title: scene.title,
      "aria-pressed": String(scene.id === (beside ? value.beside : value.scene)),
      onclick: () => choose(scene) },
    el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 72, height: 72 })))));
  if (inside) [...strip.querySelectorAll("button")].find((node) => node.dataset.id === inside)?.focus();
}
draw();
watch("value", draw);
