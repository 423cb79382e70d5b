// Beside the stage of Look: which block, head and place, and what stands beside the scene.
// props.value: see `controls` in app/look/view.py; null where no scene is looked at.
const { el, say, go } = window.explorer;
const W = WORDS;
const root = element.querySelector(".look-controls");

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
    el("button", { type: "button", "aria-pressed": String(head.on), "aria-label": head.spoken,
      data: { head: head.name }, onclick: () => go(head.params, { replace: true }) },
    head.label)));
}

function place({ slot, title, row, column, grid }) {
  const field = (name, value) => {
    const id = `look-${slot}-${name}`;
    const input = el("input", { type: "number", id, min: 1, max: grid, step: 1, value });
    input.addEventListener("change", () => {
      const read = (other) => document.getElementById(`look-${slot}-${other}`).valueAsNumber;
      const [r, c] = [read("row"), read("column")].map((x) =>
        Math.max(1, Math.min(grid, Math.round(x || 1))));
      go({ [slot]: `${r},${c}` }, { replace: true });
    });
    return [el("label", { for: id }, W[name]), input];
  };
  return el("div", { class: "look-place", role: "group", "aria-label": title },
    title ? el("span", { class: "look-place-title" }, title) : null,
    field("row", row), field("column", column));
}

function beside(value) {
  const random = el("input", { type: "checkbox", id: "look-random", checked: value.random });
  random.addEventListener("change", () => go({ random: random.checked ? "1" : null }));
  return [
    el("div", { class: "look-suggest" }, value.suggestions.map((one) =>
      el("button", { type: "button", class: "look-suggestion", onclick: () => go({ beside: one.id }) },
        el("img", { src: one.thumbnail, alt: "", width: 40, height: 40 }),
        el("span", null, one.text)))),
    el("div", { class: "look-switch" }, random, el("label", { for: "look-random" }, W.random))];
}

let drawn = "";

function draw() {
  const value = props.value;
  root.hidden = !value;
  if (!value) return;
  // What a person is typing into, or has just pressed, stays where it is.
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const focus = active && (active.id ? "#" + active.id
    : active.dataset.block ? `[data-block="${active.dataset.block}"]`
      : active.dataset.head ? `[data-head="${active.dataset.head}"]` : "");
  const text = JSON.stringify(value);
  if (text === drawn) return;
  drawn = text;
  root.replaceChildren(
    value.blocks.length ? group(value.block_title, value.block_help, blocks(value.blocks, value.block_title)) : "",
    value.heads.length ? group(W.head, null, heads(value.heads, W.head)) : "",
    value.places.length ? group(W.place, W.place_help, value.places.map(place)) : "",
    group(W.beside, W.random_help, beside(value)),
    value.about.length ? group(W.about, null, value.about.map((text) => el("p", null, text))) : "");
  if (focus) root.querySelector(focus)?.focus();
}
draw();
watch("value", draw);
