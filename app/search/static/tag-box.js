// The box that puts a tag on a scene: a name typed, or the number of one that is there.
import { el } from "../../kit/static/dom.js";
import { change, kept, onKept } from "./kept-state.js";

// It opens at the event "explorer:tag" with {version, id}.
export function makeTagBox(words) {
  let scene = null;
  const name = el("input", { type: "text", id: "tag-name", maxlength: 200, autocomplete: "off" });
  const list = el("div", { class: "tag-list" });
  const dialog = el("dialog", { class: "tag-box", "aria-labelledby": "tag-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "tag-title" }, words.tag_title),
      el("label", { for: "tag-name" }, words.tag_name), name,
      el("button", { type: "submit", class: "main-button" }, words.tag_add),
      list, el("p", null, words.tag_hint)));
  document.body.append(dialog);

  const has = (tag) => scene && tag.scenes.some((one) => one.version === scene.version);
  function put(tag) {
    change(has(tag) ? { op: "untag", name: tag.name, version: scene.version }
      : { op: "tag", name: tag.name, ...scene });
  }
  function draw({ tags }) {
    list.replaceChildren(...tags.map((tag, i) => el("button", { type: "button", class: "chip",
      "aria-pressed": String(Boolean(has(tag))), onclick: () => put(tag) },
    el("span", { class: "tag-dot", data: { colour: tag.colour } }), i < 9 ? `${i + 1} ` : "", tag.name)));
  }
  dialog.querySelector("form").addEventListener("submit", () => {
    const typed = name.value.trim();
    if (typed && scene) change({ op: "tag", name: typed, ...scene });
    name.value = "";
  });
  dialog.addEventListener("keydown", (event) => {
    const tag = /^[1-9]$/.test(event.key) && !name.value && kept().tags[Number(event.key) - 1];
    if (!tag) return;
    event.preventDefault();
    put(tag);
  });
  onKept(draw);
  document.addEventListener("explorer:tag", ({ detail }) => {
    scene = detail;
    draw(kept());
    dialog.showModal();
    name.focus();
  });
}
