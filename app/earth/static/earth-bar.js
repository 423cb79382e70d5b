// Above the map: which ranking, what a drag does, and a place by numbers for who does not drag.
import { el, refill } from "../../kit/static/dom.js";

const TOOLS = ["pan", "select", "lasso"];

export function earthBar({ words, act }) {
  const toggle = (label, pressed, press) =>
    el("button", { type: "button", class: "quiet-button", "aria-pressed": String(pressed), onclick: press }, label);
  const quiet = (label, press) => el("button", { type: "button", class: "quiet-button", onclick: press }, label);
  const sides = el("div", { class: "earth-group", role: "group", "aria-label": words.sides });
  const tools = el("div", { class: "earth-group", role: "group", "aria-label": words.tools });
  const clear = quiet(words.clear, () => act.area(null));
  const node = el("div", { class: "earth-bar" }, sides, tools,
    quiet(words.use_view, act.useView), quiet(words.fit, act.fit), clear);

  function draw({ value, side, tool }) {
    const shown = value.sides.map(({ name, label, title }) =>
      toggle(`${label}: ${title}`, name === side, () => act.side(name)));
    refill(sides, shown);
    sides.hidden = !shown.length;
    refill(tools, TOOLS.map((name) => toggle(words.tool[name], name === tool, () => act.tool(name))));
    clear.hidden = !value.area;
  }
  return { node, draw };
}

export function areaForm({ words, act }) {
  const fields = ["west", "south", "east", "north"].map((name, i) => el("input", {
    type: "number", step: "any", id: `earth-${name}`, required: true, "aria-label": words[name],
    min: i % 2 ? -90 : -180, max: i % 2 ? 90 : 180,
  }));
  const form = el("form", { class: "earth-numbers" },
    fields.map((field, i) => el("label", null, words[["west", "south", "east", "north"][i]], field)),
    el("button", { type: "submit", class: "quiet-button" }, words.set_area));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [west, south, east, north] = fields.map((field) => Number(field.value));
    if (west < east && south < north) act.area([[west, south], [east, south], [east, north], [west, north]]);
  });
  const node = el("details", { class: "earth-by-hand" }, el("summary", null, words.by_hand), form);
  // Filled with what the map shows, to be changed.
  node.addEventListener("toggle", () => node.open && act.edges().forEach((value, i) => {
    fields[i].value = value.toFixed(6);
  }));
  return node;
}
