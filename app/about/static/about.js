// About: what is open, and the model card, whose Markdown comes as blocks of plain text.
// props.value: see `About` in app/about/contract.py.
import { copyButton } from "../../kit/static/copy.js";
import { el, refill } from "../../kit/static/dom.js";
import { scrolling, table } from "../../kit/static/table.js";

export function mount({ root, props, watch, words }) {
  function draw() {
    if (props.value) refill(root, parts(props.value, words));
  }
  draw();
  watch("value", draw);
}

function parts(value, words) {
  const { models } = value;
  return [
    value.problem
      ? el("p", { class: "note", role: "alert", data: { kind: "warn" } }, value.problem) : null,
    el("p", { class: "about-lead" }, words.lead),
    el("div", { class: "about-body" },
      el("div", { class: "about-side" },
        value.facts ? section(words.open, facts(value, words)) : null,
        models.map((model) => ofModel(model, words)),
        section(words.left_title, el("p", null, words.left)),
        section(words.paper_title, el("p", null, words.paper),
          el("p", null, link(value.paper, words.paper_link))),
        value.citation ? citation(value.citation, words) : null,
        section(words.licence_title, el("p", null, words.licence),
          value.notice
            ? el("details", null, el("summary", null, words.notice), source(value.notice, words.notice))
            : null)),
      el("div", { class: "about-main" },
        models.map((model) => [card(model, words), diagnosis(model, words)]),
        value.feedback ? measured(words.feedback_title, value.feedback) : null)),
  ];
}

// Its own facts, limits and bank; where two are open, under its name.
const ofModel = (model, words) => [
  model.title ? section(model.title, told(model.facts)) : null,
  section(words.limits_title, el("p", null, model.limits)),
  section(words.bank_title, el("p", null, model.bank)),
];

const section = (title, ...children) =>
  el("section", { class: "about-section" }, el("h2", null, title), children);

const link = (href, text) => el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);

const source = (text, label) =>
  el("pre", { tabindex: 0, role: "region", "aria-label": label }, el("code", null, text));

const wide = (content, label) =>
  scrolling(label, "about-scroll", table({ caption: label, ...content }, { spoken: false }));

const told = (facts) => el("dl", null, facts.map(({ term, text }) =>
  el("div", null, el("dt", null, term), el("dd", null, text))));

function facts(value, words) {
  return [
    told(value.facts),
    value.both ? el("p", null, value.both) : null,
    value.drawn ? el("p", { class: "note", data: { kind: "info" } }, words.drawn) : null,
  ];
}

const citation = (text, words) => section(words.cite_title,
  el("p", null, words.cite), copyButton(words, () => text), source(text, words.cite_title));

function diagnosis({ title, diagnosis: found, diagnosis_missing: missing }, words) {
  const head = title ? `${words.diagnosis_title}: ${title}` : words.diagnosis_title;
  if (!found) return section(head, el("p", null, missing));
  return measured(head, found);
}

const measured = (title, { intro, tables }) => section(title, el("p", null, intro),
  tables.map(({ caption, head, rows }) => wide({ head, rows }, caption)));

// The model card.

function card(model, words) {
  const label = model.title ? `${words.card_title}: ${model.title}` : words.card_title;
  return el("section", { class: "about-card", "aria-label": label },
    el("p", { class: "about-label" }, label),
    model.card_missing ? el("p", null, model.card_missing) : null,
    model.card.map((block) => BLOCKS[block.kind](block, words.card_title)));
}

function run({ text, mark, link: href }) {
  if (href) return link(href, text);
  return mark ? el(mark, null, text) : text;
}
const all = (runs) => runs.map(run);

// A card's headings go below the page's own.
const BLOCKS = {
  heading: ({ level, runs }) => el("h" + Math.min(6, level + 2), null, all(runs)),
  paragraph: ({ runs }) => el("p", null, all(runs)),
  quote: ({ runs }) => el("blockquote", null, all(runs)),
  list: ({ ordered, items }) =>
    el(ordered ? "ol" : "ul", null, items.map((item) => el("li", null, all(item)))),
  code: ({ text }, label) =>
    el("pre", { tabindex: 0, role: "group", "aria-label": label }, el("code", null, text)),
  table: ({ head, rows }, label) => wide({ head: head.map(all), rows: rows.map((row) => row.map(all)) }, label),
};
