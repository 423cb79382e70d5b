// Tables of text: the twin of a chart, and what a card tells in rows.
import { el } from "./dom.js";

// Cells are texts or nodes; the first of a row is its head. spoken: the caption is only read aloud.
export const table = ({ caption, head, rows }, { spoken = true } = {}) => el("table", null,
  el("caption", { class: spoken ? "visually-hidden" : null }, caption),
  el("thead", null, el("tr", null, head.map((cell) => el("th", { scope: "col" }, cell)))),
  el("tbody", null, rows.map(([first, ...rest]) => el("tr", null,
    el("th", { scope: "row" }, first), rest.map((cell) => el("td", null, cell))))));

// What is wider than its place scrolls inside it, by keyboard too.
export const scrolling = (label, name, ...children) =>
  el("div", { class: name, tabindex: 0, role: "region", "aria-label": label }, children);
