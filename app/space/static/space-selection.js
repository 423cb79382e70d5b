// The selection: a list of pictures and captions, a filter for Search, a file; and in a link.
import { el, refill, say } from "../../kit/static/dom.js";
import { saveCsv } from "../../kit/static/files.js";
import { counted } from "../../kit/static/numbers.js";
import { go } from "../../kit/static/go.js";
import { button } from "./space-bar.js";
import { tile } from "./space-chosen.js";

const MOST_SHOWN = 60; // pictures and captions of a selection, each

// Numbers as they stand in a link: "0-5.9".
export function packed(numbers) {
  const parts = [];
  for (let i = 0; i < numbers.length; i++) {
    const from = numbers[i];
    while (numbers[i + 1] === numbers[i] + 1) i++;
    parts.push(from === numbers[i] ? `${from}` : `${from}-${numbers[i]}`);
  }
  return parts.join(".");
}

// The numbers of a link; null where it has something else. Numbers that are too large for the gallery
// are something else as well, unless they are only left out, as Search does with `only`.
export function unpacked(text, size, leaveOut = false) {
  const found = [];
  for (const part of text ? text.split(".") : []) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part);
    if (!match) return null;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (!leaveOut && (first > last || last >= size)) return null;
    for (let i = first; i <= Math.min(size - 1, last); i++) found.push(i);
  }
  return found;
}

export const inOrder = (selected) => [...selected].sort((a, b) => a - b);

// How many pictures and captions, in words.
export const countedKinds = (words, images, captions) => ({
  images: counted(words.counted.images, images), captions: counted(words.counted.captions, captions),
});

export function selection(map) {
  const { points, words, state, act, most } = map;
  const node = el("section", { class: "map-picked", "aria-label": words.selection });

  function told(numbers) {
    const pictures = numbers.filter((i) => points.isImage(i)).length;
    return say(points.d ? words.selected : words.selected_images,
      countedKinds(words, pictures, numbers.length - pictures));
  }

  // Why a selection, or Search among its scenes, is not in the address; in sentences.
  const tooLong = (numbers) => [
    ...(packed(numbers).length > most ? [words.sel_too_long] : []),
    ...(packed(points.scenesOf(numbers)).length > most ? [words.only_too_long] : []),
  ];

  const list = (items, name) => items.length > 0 &&
    el("ul", { class: name }, items.slice(0, MOST_SHOWN).map((i) => el("li", null, tile(map, i))),
      items.length > MOST_SHOWN
        && el("li", { class: "map-label" }, say(words.more, { n: items.length - MOST_SHOWN })));

  function draw() {
    const numbers = inOrder(state.selected);
    if (!points.names) return node.replaceChildren();
    if (!numbers.length) return refill(node, el("p", { class: "map-hint" }, words.select_hint));
    const scenes = points.scenesOf(numbers);
    const reasons = tooLong(numbers);
    refill(node,
      el("h3", null, told(numbers)),
      reasons.map((text) => el("p", { class: "note", data: { kind: "warn" } }, text)),
      actions(scenes, !reasons.includes(words.only_too_long)),
      list(numbers.filter((i) => points.isImage(i)), "map-grid"),
      list(numbers.filter((i) => !points.isImage(i)), "map-lines"));
  }

  const actions = (scenes, kept) => el("div", { class: "map-actions" },
    button(counted(words.search_in, scenes.length),
      () => go({ tab: "search", only: packed(scenes), scene: null }),
      { class: "main-button", disabled: !scenes.length || !kept, title: kept ? null : words.only_too_long }),
    button(words.csv, save,
      { disabled: !points.hubness, title: points.hubness ? null : words.counting }),
    button(words.clear, () => act.select([], "set")));

  function save() {
    const { source: { data: set, split, checkpoint }, limits } = map.current();
    const head = ["kind", "id", "class", "caption", "map", "x", "y", "first_tens", "rank_of_own",
      "data_set", "split", "checkpoint", "limits"];
    const ids = (i) => points.ownOf(i).map((n) => points.names.ids[n]).join("; ");
    const rows = inOrder(state.selected).map((i) => [
      ...(points.isImage(i)
        ? ["image", points.names.ids[i], points.className(i), ""]
        : ["caption", ids(i), points.className(i), points.title(i)]),
      state.view, ...map.coordinates(i).map(Number), points.firstTens(i), points.rankOfOwn(i),
      set, split, checkpoint, limits]);
    saveCsv([head, ...rows], set, "selection");
  }

  return { node, draw, told, tooLong };
}
