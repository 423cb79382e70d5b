// The chosen point: its picture, its own, its first hit, and where it can be opened.
import { el, refill, say } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { button } from "./space-bar.js";

// A point as a button that chooses it.
export function tile({ points, words, act }, i, label) {
  const image = points.isImage(i);
  const known = [image ? words.image : words.text, points.title(i), points.className(i)]
    .filter(Boolean).join(", ");
  const choose = button(image
    ? el("img", { src: points.thumbnail(i), alt: "", loading: "lazy", width: 72, height: 72 })
    : el("span", null, points.title(i)), () => act.choose(i, true), {
    class: image ? "map-tile" : "map-line", title: known,
    "aria-label": say(words.open_point, { name: known }),
  });
  if (!label) return choose;
  return el("div", { class: "map-own" }, el("span", { class: "map-label" }, label), choose);
}

export function openSearch(points, i) {
  const query = points.isImage(i)
    ? { like: points.names.ids[i], q: null } : { q: points.title(i), like: null };
  go({ tab: "search", upload: null, drop: null, scene: null, only: null, ...query });
}

export const openLook = (points, i) => go({ tab: "look", scene: points.names.ids[i] });

export function chosen(map) {
  const { points, words, state, act } = map;
  const node = el("section", { class: "map-chosen", "aria-label": words.chosen });

  function draw() {
    const i = state.chosen;
    node.hidden = i < 0 || !points.names || i >= points.size;
    if (node.hidden) return node.replaceChildren();
    const image = points.isImage(i);
    const picture = image && el("img", {
      class: "map-chosen-picture", src: points.thumbnail(i),
      alt: `${points.title(i)} ${points.className(i)}`,
    });
    refill(node, head(i), picture, actions(i), el("p", { class: "map-label" }, figures(i)),
      image ? ofPicture(i) : ofCaption(i));
    if (image) tellFile(i, picture);
  }

  const head = (i) => el("header", null,
    el("h3", null, points.title(i)),
    el("p", null, [points.isImage(i) ? words.image : words.text, points.className(i)]
      .filter(Boolean).join(", ")),
    button("×", () => act.choose(-1), { class: "detail-close", "aria-label": words.close }));

  const actions = (i) => el("div", { class: "map-actions" },
    button(points.isImage(i) ? words.like_this : words.search_caption, () => openSearch(points, i)),
    points.isImage(i) && button(words.open_look, () => openLook(points, i)),
    button(state.selected.has(i) ? words.drop_one : words.add_one, () => act.toggle(i)));

  const figures = (i) => (points.hubness
    ? say(points.ownRank[i] ? words.figures : words.figures_plain,
      { n: points.firstTens(i), rank: points.ownRank[i] })
    : words.counting);

  function ofPicture(i) {
    const [own, first] = [points.ownOf(i), points.firstOf(i)];
    return el("div", { class: "map-own" },
      own.length > 0 && el("span", { class: "map-label" }, words.own_captions),
      own.slice(0, 8).map((one) => tile(map, one)),
      first >= 0 && points.d > 0 && !own.includes(first) && tile(map, first, words.first_caption));
  }

  function ofCaption(i) {
    const [own, first] = [points.ownOf(i), points.firstOf(i)];
    return el("div", { class: "map-pair" },
      own.slice(0, 4).map((one) => tile(map, one, words.own_scenes)),
      first >= 0 && !own.includes(first) && tile(map, first, words.first_scene));
  }

  // The small copy stays whatever becomes of the picture's file, so that is said.
  async function tellFile(i, picture) {
    const file = words.files[await points.fileState(i)];
    if (!file || !picture.isConnected) return;
    picture.after(el("p", { class: "note", data: { kind: "warn" } }, file));
    announce(file);
  }

  return { node, draw };
}
