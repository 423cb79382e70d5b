// The map, fifth part: what is beside it and below: the chosen point, the selection, the table.
const MOST_SHOWN = 60; // pictures and captions of a selection, each
const PAGE = 20; // rows of the table
const MOST_LINKED = 6000; // characters of a selection in a link; a longer one is not in it
const chosenBox = el("section", { class: "map-chosen", "aria-label": W.chosen });
const pickedBox = el("section", { class: "map-picked", "aria-label": W.selection });
const tableBox = el("details", { class: "map-table" }, el("summary", null, W.as_table));
const button = (label, onclick, options) =>
  el("button", { type: "button", class: "quiet-button", onclick, ...options }, label);

const openSearch = (i) => go(isImage(i)
  ? { tab: "search", like: data.names.ids[i], q: null, upload: null, drop: null, scene: null, only: null }
  : { tab: "search", q: title(i), like: null, upload: null, drop: null, scene: null, only: null });
const openLook = (i) => go({ tab: "look", scene: data.names.ids[i] });

function tile(i, label) {
  const known = [isImage(i) ? W.image : W.text, title(i), className(i)].filter(Boolean).join(", ");
  const choose = button("", () => act.choose(i, true), {
    class: isImage(i) ? "map-tile" : "map-line", "aria-label": say(W.open_point, { name: known }),
    title: known,
  });
  choose.append(isImage(i)
    ? el("img", { src: thumbnail(i), alt: "", loading: "lazy", width: 72, height: 72 })
    : el("span", null, title(i)));
  return label ? el("div", { class: "map-own" }, el("span", { class: "map-label" }, label), choose) : choose;
}

// In how many first tens a point is, and its rank among its own, for a table's cells.
const firstTens = (i) => (data.hubness ? Math.round(10 * data.hubness[i]) / 10 : "");
const rankOfOwn = (i) => (data.ownRank && data.ownRank[i]) || "";

function drawChosen() {
  const i = state.chosen;
  chosenBox.hidden = i < 0 || !data.names || i >= data.size;
  if (chosenBox.hidden) return chosenBox.replaceChildren();
  const [own, first] = [ownOf(i), firstOf(i)];
  const figures = data.hubness ? say(data.ownRank[i] ? W.figures : W.figures_plain,
    { n: firstTens(i), rank: data.ownRank[i] }) : W.counting;
  chosenBox.replaceChildren(...[
    el("header", null,
      el("h3", null, title(i)),
      el("p", null, [isImage(i) ? W.image : W.text, className(i)].filter(Boolean).join(", ")),
      button("×", () => act.choose(-1), { class: "detail-close", "aria-label": W.close })),
    isImage(i)
      ? el("img", { class: "map-chosen-picture", src: thumbnail(i), alt: title(i) + " " + className(i), data: { scene: i } })
      : null,
    el("div", { class: "map-actions" },
      isImage(i) ? button(W.like_this, () => openSearch(i)) : button(W.search_caption, () => openSearch(i)),
      isImage(i) ? button(W.open_look, () => openLook(i)) : null,
      button(state.selected.has(i) ? W.drop_one : W.add_one, () => act.toggle(i))),
    el("p", { class: "map-label" }, figures),
    isImage(i)
      ? el("div", { class: "map-own" },
        own.length ? el("span", { class: "map-label" }, W.own_captions) : null,
        own.slice(0, 8).map((one) => tile(one)),
        first >= 0 && data.d && !own.includes(first) ? tile(first, W.first_caption) : null)
      : el("div", { class: "map-pair" },
        own.slice(0, 4).map((one) => tile(one, W.own_scenes)),
        first >= 0 && !own.includes(first) ? tile(first, W.first_scene) : null),
  ].filter(Boolean));
  if (isImage(i)) tellFile(i);
}

// The small copy stays whatever becomes of the picture's file, so that is said.
async function tellFile(i) {
  const state = await get(`scenes/${i}/state`, "text").catch(() => "");
  const picture = chosenBox.querySelector(".map-chosen-picture");
  if (!W.files[state] || !picture || picture.dataset.scene !== String(i)) return;
  chosenBox.querySelector(".note")?.remove();
  picture.after(el("p", { class: "note", data: { kind: "warn" } }, W.files[state]));
  announce(W.files[state]);
}

// The selection: a grid, a filter for Search, a file.

const scenesOfSelection = () =>
  [...new Set([...state.selected].flatMap((i) => (isImage(i) ? [i] : data.imagesOf[i - data.n])))]
    .sort((a, b) => a - b);

// Numbers as they stand in a link: "0-5.9".
function packed(numbers) {
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
function unpacked(text, size, leaveOut = false) {
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

const told = (numbers) => {
  const pictures = numbers.filter(isImage).length;
  return say(data.d ? W.selected : W.selected_images,
    { images: pictures, captions: numbers.length - pictures });
};

// Why a selection, or Search among its scenes, is not in the address; in sentences.
const tooLong = (numbers) => [
  ...(packed(numbers).length > MOST_LINKED ? [W.sel_too_long] : []),
  ...(packed(scenesOfSelection()).length > MOST_LINKED ? [W.only_too_long] : []),
];

function drawPicked() {
  const numbers = [...state.selected].sort((a, b) => a - b);
  if (!data.names) return pickedBox.replaceChildren();
  if (!numbers.length) {
    return pickedBox.replaceChildren(el("p", { class: "map-hint" }, W.select_hint));
  }
  const [pictures, captions] = [numbers.filter(isImage), numbers.filter((i) => !isImage(i))];
  const scenes = scenesOfSelection();
  const list = (items, name) => items.length
    ? el("ul", { class: name }, items.slice(0, MOST_SHOWN).map((i) => el("li", null, tile(i))),
      items.length > MOST_SHOWN
        ? el("li", { class: "map-label" }, say(W.more, { n: items.length - MOST_SHOWN })) : null)
    : null;
  const reasons = tooLong(numbers);
  const kept = !reasons.includes(W.only_too_long);
  pickedBox.replaceChildren(...[
    el("h3", null, told(numbers)),
    ...reasons.map((text) => el("p", { class: "note", data: { kind: "warn" } }, text)),
    el("div", { class: "map-actions" },
      button(say(W.search_in, { n: scenes.length }),
        () => go({ tab: "search", only: packed(scenes), scene: null }),
        { class: "main-button", disabled: !scenes.length || !kept, title: kept ? null : W.only_too_long }),
      button(W.csv, saveSelection, { disabled: !data.hubness, title: data.hubness ? null : W.counting }), button(W.clear, () => act.select([], "set"))),
    list(pictures, "map-grid"), list(captions, "map-lines")].filter(Boolean));
}

// A point's coordinates as the index has them.
function coordinates(i) {
  const view = props.value.views.find((one) => one.name === state.view);
  const [x, y, side] = view.boxes[state.view === "raw" && !isImage(i) ? 1 : 0];
  const xy = data.places[state.view];
  return [x + xy[2 * i] * side, y + (1 - xy[2 * i + 1]) * side].map((v) => v.toFixed(4));
}

function saveSelection() {
  const { source: { data: set, split, checkpoint }, limits } = props.value;
  const head = ["kind", "id", "class", "caption", "map", "x", "y", "first_tens", "rank_of_own",
    "data_set", "split", "checkpoint", "limits"];
  const rows = [...state.selected].sort((a, b) => a - b).map((i) => [
    isImage(i) ? "image" : "caption",
    isImage(i) ? data.names.ids[i] : data.imagesOf[i - data.n].map((n) => data.names.ids[n]).join("; "),
    className(i), isImage(i) ? "" : title(i), state.view, ...coordinates(i).map(Number),
    firstTens(i), rankOfOwn(i), set, split, checkpoint, limits]);
  saveCsv([head, ...rows], set, "selection");
}

// The table: the selected points, or all of them, a page at a time.

let [rowsFrom, rowsOf] = [0, ""];

function drawTable() {
  if (!tableBox.open || !data.names) return;
  const numbers = state.selected.size
    ? [...state.selected].sort((a, b) => a - b) : Array.from({ length: data.size }, (_, i) => i);
  const key = packed(numbers);
  if (rowsOf !== key) [rowsFrom, rowsOf] = [0, key];
  const page = numbers.slice(rowsFrom, rowsFrom + PAGE);
  const caption = say(state.selected.size ? W.table_of_selection : W.table,
    { from: rowsFrom + 1, to: rowsFrom + page.length, n: numbers.length });
  const turn = (by) => () => {
    rowsFrom += by;
    drawTable();
    announce(tableBox.querySelector("caption").textContent);
  };
  const row = (i) => el("tr", null,
    el("td", null, isImage(i) ? W.image : W.text),
    el("th", { scope: "row" }, button(title(i), () => act.choose(i, true), { class: "map-line" })),
    el("td", null, className(i)), coordinates(i).map((v) => el("td", null, v)),
    el("td", null, firstTens(i)), el("td", null, rankOfOwn(i)));
  tableBox.replaceChildren(tableBox.firstChild,
    el("div", { class: "map-scroll", tabindex: 0, role: "region", "aria-label": caption },
      el("table", null, el("caption", null, caption),
        el("thead", null, el("tr", null, W.columns.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", null, page.map(row)))),
    el("div", { class: "map-actions" },
      button(W.earlier, turn(-PAGE), { disabled: rowsFrom === 0 }),
      button(W.later, turn(PAGE), { disabled: rowsFrom + PAGE >= numbers.length })));
}
tableBox.addEventListener("toggle", drawTable);
