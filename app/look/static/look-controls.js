// Beside the stage of Look: which place, what stands beside the scene, and for researchers block and head.
// props.value: see `Controls` in app/look/contract.py; null where no scene is looked at.
import { el, refill } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

export function mount({ root, props, watch, words }) {
  let drawn = "";

  function draw() {
    const value = props.value;
    root.hidden = !value;
    if (!value) return;
    const text = JSON.stringify(value);
    if (text === drawn) return;
    drawn = text;
    const focus = focused(root);
    const open = root.querySelector("details")?.open || undefined;
    refill(root,
      value.places.length
        ? group(words.place, words.place_help, value.places.map((one) => place(one, words))) : null,
      group(words.beside, words.random_help, beside(value, words)),
      value.about.length ? group(words.about, null, value.about.map((one) => el("p", null, one))) : null,
      value.research ? research(value.research, words, open ?? value.research.open) : null);
    if (focus) root.querySelector(focus)?.focus();
  }
  draw();
  watch("value", draw);
}

// What a person is typing into, or has just pressed, as a selector: it stays where it is.
function focused(root) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  if (!active) return "";
  if (active.id) return "#" + active.id;
  const [name] = ["block", "head"].filter((one) => active.dataset[one]);
  return name ? `[data-${name}="${active.dataset[name]}"]` : "";
}

// Blocks, heads and the class token: for who knows the model.
function research({ class_token, blocks: all, heads: list }, words, open) {
  return el("details", { class: "look-research", open }, el("summary", null, words.research),
    group(words.block, words.block_help, blocks(all, words.block)),
    list.length ? group(words.head, null, heads(list, words.head)) : null,
    heads([class_token], words.research));
}

function group(title, help, ...children) {
  return el("section", { class: "look-group" },
    el("h3", null, title), ...children, help ? el("p", { class: "look-help" }, help) : null);
}

// Blocks as bars: how far the scene's places look beyond their windows, block by block.
function blocks(list, title) {
  if (list.every((block) => block.share === null)) return heads(list, title);
  return el("div", { class: "look-blocks", role: "group", "aria-label": title }, list.map((block) =>
    el("button", { type: "button", "aria-pressed": String(block.on), "aria-label": block.spoken,
      title: block.spoken, data: { block: block.name },
      onclick: () => go(block.params, { replace: true }) },
    el("span", { class: "look-bar", "aria-hidden": "true",
      style: block.share === null ? "display: none" : `--share: ${block.share}` }),
    el("span", null, block.label))));
}

function heads(list, title) {
  return el("div", { class: "look-heads", role: "group", "aria-label": title }, list.map((head) =>
    el("button", { type: "button", "aria-pressed": String(head.on), "aria-label": head.spoken, title: head.spoken,
      data: { head: head.name }, onclick: () => go(head.params, { replace: true }) },
    head.label)));
}

function place({ slot, title, row, column, grid }, words) {
  const inputs = {};
  const within = (x) => Math.max(1, Math.min(grid, Math.round(x || 1)));
  const field = (name, value) => {
    const id = `look-${slot}-${name}`;
    inputs[name] = el("input", { type: "number", id, min: 1, max: grid, step: 1, value });
    inputs[name].addEventListener("change", () => {
      const [r, c] = [inputs.row, inputs.column].map((input) => within(input.valueAsNumber));
      go({ [slot]: `${r},${c}` }, { replace: true });
    });
    return [el("label", { for: id }, words[name]), inputs[name]];
  };
  return el("div", { class: "look-place", role: "group", "aria-label": title },
    title ? el("span", { class: "look-place-title" }, title) : null,
    field("row", row), field("column", column));
}

function beside(value, words) {
  const random = el("input", { type: "checkbox", id: "look-random", checked: value.random });
  random.addEventListener("change", () => go({ random: random.checked ? "1" : null }));
  return [
    el("div", { class: "look-suggest" }, value.suggestions.map((one) =>
      el("button", { type: "button", class: "look-suggestion", onclick: () => go({ beside: one.id }) },
        el("img", { src: one.thumbnail, alt: "", width: 40, height: 40 }),
        el("span", null, one.text)))),
    el("div", { class: "look-switch" }, random, el("label", { for: "look-random" }, words.random))];
}
