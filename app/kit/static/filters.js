// Filters by the gallery's own columns: a form, and what is in force as chips. Everything that is set
// goes to the address, as one line of conditions. draw() takes `Filters` of app/query/contract.py; what
// there is to filter by is fetched when the form is first opened.
import { el, refill, say } from "./dom.js";
import { field } from "./filters-field.js";
import { go } from "./go.js";

const MANY = 8; // columns, beyond which one is looked for by name

// Gives {node: the form, chips, draw(filters)}.
export function filterForm(words) {
  const badge = el("span", { class: "tag", hidden: true });
  const told = el("p", { class: "tuning-note", role: "status" });
  const find = el("input", { type: "search", placeholder: words.find, "aria-label": words.find, hidden: true });
  const grid = el("div", { class: "filters-columns", role: "group", "aria-label": words.columns });
  const line = el("input", { type: "text", id: "filters-line", autocomplete: "off", spellcheck: "false" });
  const quiet = (label, more) => el("button", { class: "quiet-button", ...more }, label);
  const asText = el("form", { class: "filters-line" },
    el("label", { for: "filters-line", title: words.as_text_help }, words.as_text), line,
    quiet(words.apply, { type: "submit" }),
    quiet(words.clear, { type: "button", onclick: () => send("") }));
  const node = el("details", { class: "tuning filters", hidden: true },
    el("summary", null, el("span", null, words.title), badge),
    el("div", { class: "tuning-body" }, told, find, grid,
      el("p", { class: "tuning-note" }, words.as_text_help), asText));
  const chips = el("div", { class: "filters-chips", hidden: true });
  let current = { columns: "", line: "", set: {}, chips: [] };
  let loaded = ""; // the link of the columns that are drawn
  let fields = new Map(); // name of a column -> its field

  const send = (where) => go({ where: where || null, scene: null });

  // A column's part of the line is replaced, the others stay.
  function change(name, part) {
    const parts = Object.entries(current.set).filter(([own]) => own !== name).map(([, set]) => set.line);
    send([...parts, part].filter(Boolean).join(" and "));
  }

  async function load() {
    const link = current.columns;
    if (!node.open || !link || link === loaded) return;
    loaded = link;
    told.hidden = false;
    told.textContent = words.loading;
    const answer = await fetch(link).catch(() => null);
    if (link !== loaded) return;
    if (!answer?.ok) {
      loaded = "";
      told.textContent = words.failed;
      return;
    }
    told.hidden = true;
    const columns = await answer.json();
    fields = new Map(columns.map((column) =>
      [column.name, field(column, words, (part) => change(column.name, part))]));
    refill(grid, [...fields.values()].map((one) => one.node));
    find.hidden = columns.length <= MANY;
    fill();
  }
  const fill = () => fields.forEach((one, name) => one.draw(current.set[name]));

  node.addEventListener("toggle", load);
  find.addEventListener("input", () => fields.forEach((one, name) => {
    one.node.hidden = !name.toLowerCase().includes(find.value.trim().toLowerCase());
  }));
  asText.addEventListener("submit", (event) => {
    event.preventDefault();
    send(line.value.trim());
  });

  const chip = ({ text, params }) =>
    el("button", { type: "button", class: "chip", onclick: () => go({ ...params, scene: null }),
      "aria-label": say(words.remove, { text }), title: say(words.remove, { text }) }, text, " ×");

  function draw(filters) {
    current = filters;
    node.hidden = !filters.columns && !filters.line;
    const n = Object.keys(filters.set).length;
    badge.hidden = !n;
    badge.textContent = String(n);
    if (document.activeElement !== line) line.value = filters.line;
    chips.hidden = !filters.chips.length;
    refill(chips, words.in_force, filters.chips.map(chip));
    fill();
    load();
  }
  return { node, chips, draw };
}
