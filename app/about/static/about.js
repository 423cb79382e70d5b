// About: what is open, and the model card, whose Markdown comes as blocks of plain text.
// props.value: see `about_view` in app/about/view.py.
const { el, announce } = window.explorer;
const W = WORDS;
const root = element.querySelector(".about");

function run({ text, mark, link }) {
  if (link) return el("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, text);
  return mark ? el(mark, null, text) : text;
}
const runs = (list) => list.map(run);

function table(head, rows, caption) {
  return el("div", { class: "about-scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", null,
      el("caption", null, caption),
      el("thead", null, el("tr", null, head.map((cell) => el("th", { scope: "col" }, cell)))),
      el("tbody", null, rows.map(([first, ...rest]) => el("tr", null,
        el("th", { scope: "row" }, first), rest.map((cell) => el("td", null, cell)))))));
}

// A card's headings go below the page's own.
const BLOCKS = {
  heading: ({ level, runs: list }) => el("h" + Math.min(6, level + 2), null, runs(list)),
  paragraph: ({ runs: list }) => el("p", null, runs(list)),
  quote: ({ runs: list }) => el("blockquote", null, runs(list)),
  list: ({ ordered, items }) => el(ordered ? "ol" : "ul", null, items.map((item) => el("li", null, runs(item)))),
  code: ({ text }) => el("pre", { tabindex: 0, role: "group", "aria-label": W.card_title }, el("code", null, text)),
  table: ({ head, rows }) => table(head.map(runs), rows.map((row) => row.map(runs)), W.card_title),
};

function section(title, ...children) {
  return el("section", { class: "about-section" }, el("h2", null, title), children);
}

function citation(text) {
  const button = el("button", { type: "button", class: "quiet-button" }, W.copy);
  button.addEventListener("click", async () => {
    let said = W.copied;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      said = W.copy_failed;
    }
    button.textContent = said;
    announce(said);
    setTimeout(() => (button.textContent = W.copy), 2500);
  });
  return section(W.cite_title, el("p", null, W.cite), button,
    el("pre", { tabindex: 0, role: "region", "aria-label": W.cite_title }, el("code", null, text)));
}

function diagnosis(value) {
  const found = value.diagnosis;
  if (!found) return value.diagnosis_missing ? section(W.diagnosis_title, el("p", null, value.diagnosis_missing)) : null;
  return section(W.diagnosis_title, el("p", null, found.intro),
    found.tables.map(({ caption, head, rows }) => table(head, rows, caption)));
}

function draw() {
  const value = props.value;
  if (!value) return;
  const card = value.card.length || value.card_missing
    ? el("section", { class: "about-card", "aria-label": W.card_title },
      el("p", { class: "about-label" }, W.card_title),
      value.card_missing ? el("p", null, value.card_missing) : null,
      value.card.map((block) => BLOCKS[block.kind](block)))
    : null;
  root.replaceChildren(...[
    value.problem ? el("p", { class: "note", role: "alert", data: { kind: "warn" } }, value.problem) : null,
    el("p", { class: "about-lead" }, W.lead),
    el("div", { class: "about-body" },
      el("div", { class: "about-side" },
        value.facts
          ? section(W.open,
            el("dl", null, value.facts.map(({ term, text }) => el("div", null, el("dt", null, term), el("dd", null, text)))),
            value.drawn ? el("p", { class: "note", data: { kind: "info" } }, W.drawn) : null)
          : null,
        value.limits ? section(W.limits_title, el("p", null, value.limits)) : null,
        value.bank ? section(W.bank_title, el("p", null, value.bank)) : null,
        section(W.paper_title, el("p", null, W.paper),
          el("p", null, el("a", { href: value.paper, target: "_blank", rel: "noopener noreferrer" }, W.paper_link))),
        value.citation ? citation(value.citation) : null,
        section(W.licence_title, el("p", null, W.licence),
          value.notice
            ? el("details", null, el("summary", null, W.notice),
              el("pre", { tabindex: 0, role: "region", "aria-label": W.notice }, el("code", null, value.notice)))
            : null)),
      el("div", { class: "about-main" }, card, diagnosis(value)))].filter(Boolean));
}
draw();
watch("value", draw);
