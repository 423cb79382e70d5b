// What the parts of Errors have in common. A `stage` is what `mount` of errors.js makes:
// {words, settings, value(), draw(), change(params)}.
import { el, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

// A button that keeps its focus when the answer is drawn anew.
export const button = (text, onclick, { key, ...options } = {}) =>
  el("button", {
    type: "button", class: "quiet-button", onclick, ...options,
    data: { ...options.data, focus: key || options["aria-label"] || text },
  }, text);

// How something moved, by a sign and in words.
export const chip = ({ kind, sign, text }) => el("span", { class: "move", data: { kind } },
  el("span", { "aria-hidden": "true" }, sign + " "), text);

export function picture(scene, kind, words) {
  return el("button", {
    type: "button", class: "errors-picture", "aria-label": say(words.open_look, { name: scene.title }),
    onclick: () => go({ tab: "look", scene: scene.id }), data: { kind, focus: "look " + kind + scene.id },
  },
  el("img", { src: scene.thumbnail, alt: "", loading: "lazy", width: 128, height: 128 }),
  scene.label ? el("span", { class: "errors-picture-label" }, scene.label) : null);
}

// One of a few, as buttons. choice: {value, items}; name: the parameter of the address.
export function radios(label, name, { value, items }, stage, { visible = true } = {}) {
  return el("div", { class: "errors-choice" },
    visible ? el("span", { class: "errors-label", "aria-hidden": "true" }, label) : null,
    el("div", { class: "errors-radios", role: "group", "aria-label": label }, items.map((item) =>
      button(item.text, () => stage.change({ [name]: item.value, from: null }), {
        class: "errors-radio", "aria-pressed": String(item.value === value), key: name + item.value,
      }))));
}

// Earlier and later of a list.
export function turns(list, stage) {
  const { words } = stage;
  const turn = (label, start) => button(label, () => stage.change({ from: start }), {
    disabled: start === null, key: "turn " + label,
  });
  return el("div", { class: "errors-turn" },
    turn(words.earlier, list.earlier), turn(words.later, list.later));
}

export function openCase(one, { words }) {
  return button(words.open_case, () => go(one.search), {
    class: "main-button errors-open", "aria-label": say(words.open_case_spoken, { text: one.text }),
    key: "open " + one.key,
  });
}
