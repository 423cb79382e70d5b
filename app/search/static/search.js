// The search form: words or a picture, what was noticed about the query, and how to rank.
// props.value: see `Form`, `Problem` in app/search/contract.py. Everything a person sets goes to the address bar.
import { el, say } from "../../kit/static/dom.js";
import { filterForm } from "../../kit/static/filters.js";
import { go } from "../../kit/static/go.js";
import { counted } from "../../kit/static/numbers.js";
import { announce } from "../../kit/static/speak.js";
import { optionsBar, slider } from "./options.js";
import { queryBox } from "./query-box.js";

const NO_FILTERS = { columns: "", line: "", set: {}, chips: [] };

export function mount({ element, root, props, trigger, watch, upload, words, settings }) {
  const chosen = chosenPicture(words);
  const examples = el("div", { class: "search-examples" });
  const strike = el("div", { class: "search-words", role: "group", "aria-label": words.strike });
  const notes = el("div", { class: "search-notes" });
  const filters = filterForm(words.filters);
  const options = optionsBar(words, { beside: filters.node });

  function begun(sentence) {
    announce(sentence);
    chosen.say(sentence);
  }
  function complain(sentence) {
    chosen.node.hidden = true;
    drawNotes(notes, [{ kind: "error", text: sentence }]);
  }
  const box = queryBox({ element, root, trigger, upload, words, settings, begun, complain });
  root.append(...box.nodes, chosen.node, examples, strike, notes, filters.chips, options.node);

  function draw() {
    const value = props.value;
    if (!value) return;
    if (value.problem) return complain(value.problem);
    box.show(value.text, value.lacks);
    chosen.draw(value);
    drawExamples(examples, value, words);
    drawWords(strike, value.words, words);
    drawNotes(notes, value.cue ? [value.cue, ...value.notes] : value.notes);
    if (value.only) notes.append(onlyNote(value.only, words));
    options.draw(value.options);
    filters.draw(value.filters || NO_FILTERS);
  }
  draw();
  watch("value", draw);
}

const chip = (label, act, options) =>
  el("button", { type: "button", class: "chip", onclick: act, ...options }, label);

// The picture that is (part of) the query, and how much the words weigh beside it.
function chosenPicture(words) {
  const node = el("div", { class: "search-chosen", hidden: true });
  const picture = el("img", { alt: "", width: 56, height: 56 });
  const name = el("span", { class: "search-chosen-name" });
  const weight = slider({ name: "w", label: words.weight });
  const remove = chip(words.remove_picture, () =>
    go({ like: null, upload: null, w: null, find: null, scene: null }));

  function draw({ like, upload: own, weight: share }) {
    node.hidden = !(like || own);
    if (node.hidden) return node.replaceChildren();
    picture.src = (like || own).thumbnail;
    name.textContent = like ? say(words.like, { name: like.title }) : words.own_picture;
    weight.node.hidden = !share;
    if (share) weight.update(share);
    if (!node.contains(name)) node.replaceChildren(picture, name, weight.node, remove);
  }
  const told = (sentence) => {
    node.hidden = false;
    node.replaceChildren(sentence);
  };
  return { node, draw, say: told };
}

function drawExamples(box, { examples, captions }, words) {
  box.hidden = !examples.length && !captions.length;
  const search = (q) => () => go({ tab: "search", q, like: null, upload: null, scene: null, marks: null });
  const group = (label, queries) => queries.length
    ? [el("div", { class: "search-group" },
      el("span", { class: "search-label" }, label), queries.map(({ text, query }) => chip(text, search(query))))]
    : [];
  box.replaceChildren(...group(words.examples, examples.map((q) => ({ text: q, query: q }))), ...group(words.own_captions, captions));
}

// The words of the query, to strike out; how dark one is says how far the query turns without it.
function drawWords(box, list, words) {
  box.hidden = list.length < 2;
  const dropped = new Set(list.flatMap((word, i) => (word.dropped ? [i] : [])));
  const toggle = (i) => {
    dropped.has(i) ? dropped.delete(i) : dropped.add(i);
    if (dropped.size < list.length) go({ drop: [...dropped].sort((a, b) => a - b).join(",") });
  };
  box.replaceChildren(
    el("span", { class: "search-label" }, words.strike),
    ...list.map((word, i) => chip(word.text, () => toggle(i), {
      class: "chip word", "aria-pressed": String(word.dropped), title: word.title,
      style: word.weight === null ? null : `--weight: ${word.weight.toFixed(2)}`,
    })));
}

function drawNotes(box, list) {
  box.replaceChildren(...list.map((note) =>
    el("p", { class: "note", data: { kind: note.kind }, role: note.kind === "error" ? "alert" : null },
      note.text)));
}

const onlyNote = (n, words) => el("p", { class: "note", data: { kind: "info" } },
  counted(words.only, n), " ", chip(words.only_remove, () => go({ only: null })));
