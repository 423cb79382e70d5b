// One column's part of the form of filters: a range of numbers or dates, or a list of words; and whether
// scenes count of which it says nothing. column: `ColumnOffered` of app/query/contract.py.
import { el, refill, say } from "./dom.js";
import { counted, whole } from "./numbers.js";

const NOTHING = { plain: true, least: "", most: "", words: [], missing: false };

// change(part): the column's part of the line is another one, "" where it asks for nothing.
// Gives {node, draw(set)}; set is a `FilterSet`, or undefined.
export function field(column, words, change) {
  const missing = el("input", { type: "checkbox", onchange: () => send() });
  const odd = el("p", { class: "filters-odd" }, words.as_text_only);
  const part = column.kind === "word" ? wordList(column, words, () => send()) : range(column, words, () => send());
  const node = el("fieldset", { class: "filters-field" }, el("legend", null, column.name), part.node,
    column.missing ? el("label", { class: "filters-check" }, missing,
      el("span", null, counted(words.no_values, column.missing))) : null, odd);
  const send = () => change(written(column, part.value(), missing.checked));

  function draw(set = NOTHING) {
    odd.hidden = set.plain;
    node.classList.toggle("is-set", set !== NOTHING);
    missing.checked = set.missing;
    part.draw(set);
  }
  return { node, draw };
}

// As `write_where` of cmpagl/store/where.py has it.
function written({ line }, { least = "", most = "", words = [] }, missing) {
  const also = missing ? " or missing" : "";
  if (words.length) return `${line} in (${words.join(", ")})${also}`;
  const ends = [[">=", least], ["<=", most]].filter(([, end]) => end !== "");
  if (!ends.length) return missing ? `${line} is missing` : "";
  return ends.map(([sign, end]) => `${line} ${sign} ${end}${also}`).join(" and ");
}

function range({ name, kind, least, most }, words, send) {
  const make = (end, label) => el("input", {
    type: kind === "date" ? "date" : "number", step: kind === "date" ? null : "any",
    placeholder: end, "aria-label": `${name}: ${label}`, title: `${label} (${end})`, onchange: send,
    min: kind === "date" ? least : null, max: kind === "date" ? most : null,
  });
  const [from, to] = [make(least, words.from), make(most, words.to)];
  const node = el("div", null, el("div", { class: "filters-range" },
    el("label", null, el("span", null, words.from), from), el("label", null, el("span", null, words.to), to)),
  kind === "date" ? el("p", { class: "filters-odd" }, say(words.between, { least, most })) : null);
  const put = (input, value) => { if (document.activeElement !== input) input.value = value; };
  return {
    node,
    value: () => ({ least: from.value, most: to.value }),
    draw: (set) => (put(from, set.least), put(to, set.most)),
  };
}

function wordList({ words: offered, distinct }, words, send) {
  const boxes = new Map(); // as a line has the word -> its box
  const box = ({ value, line, n }) => {
    const input = el("input", { type: "checkbox", onchange: send });
    boxes.set(line, input);
    return el("label", { class: "filters-check" }, input, el("span", null, value), n === null ? null
      : el("span", { class: "filters-n" }, whole(n)));
  };
  const list = el("div", { class: "filters-words", tabindex: 0 }, offered.map(box));
  const rest = el("div"); // words of a link that are not among the most frequent
  const node = el("div", null, list, rest, distinct > offered.length ? el("p", { class: "filters-odd" },
    say(words.most_frequent, { shown: whole(offered.length), all: whole(distinct) })) : null);
  const known = new Set(boxes.keys());
  return {
    node,
    value: () => ({ words: [...boxes].filter(([, input]) => input.checked).map(([line]) => line) }),
    draw(set) {
      for (const line of boxes.keys()) if (!known.has(line)) boxes.delete(line);
      const more = set.words.filter((line) => !known.has(line));
      refill(rest, more.map((line) => box({ value: line, line, n: null })));
      for (const [line, input] of boxes) input.checked = set.words.includes(line);
    },
  };
}
