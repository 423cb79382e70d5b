// The chosen scene: its picture, what can be done with it, and why it moved.
// props.value: see `detail` in app/search/view.py; null shows what to do.
const { el, svg, say, go } = window.explorer;
const W = WORDS;
const root = element.querySelector(".detail");

// How far a rank depends on the bank takes longer to count than a slider may take to the page: it
// is asked for when nothing has changed for a while. An answer that comes too late is passed over.
const REST = 250; // milliseconds
const told = el("div");
let count = 0; // of what was shown since the start; the answer to a question has its number
let timer = 0;

function tell(sentences) {
  told.replaceChildren(...sentences.map((sentence) => el("p", null, sentence)));
}

function askLater(params) {
  const asked = count;
  timer = setTimeout(() => trigger("spread", { params, count: asked }), REST);
}

function actions(scene) {
  const act = (label, params) =>
    el("button", { type: "button", class: "quiet-button", onclick: () => go(params) }, label);
  return el("div", { class: "detail-actions" },
    act(W.like_this, { tab: "search", like: scene.id, q: null, upload: null, drop: null, scene: null }),
    act(W.open_look, { tab: "look", scene: scene.id }),
    act(W.open_map, { tab: "map", scene: scene.id }),
    scene.whole
      ? el("a", { class: "quiet-button", href: scene.picture, target: "_blank", rel: "noopener" },
        W.open_picture) : null);
}

// A waterfall: a bar a step, from where the sum stood to where it stands; a row each for the scene
// and for the one beside it, on one scale.
function waterfall(chart) {
  const width = 360, label = 132, row = 13, gap = 12;
  const values = chart.steps.flatMap((step) => step.bars.flatMap((bar) => [bar.from, bar.to]));
  const least = Math.min(0, ...values), most = Math.max(0, ...values);
  const span = most - least || 1;
  const x = (v) => label + ((v - least) / span) * (width - label - 52);
  const rows = chart.series.length;
  const height = chart.steps.length * (rows * row + gap);
  const figure = svg("svg", {
    class: "waterfall", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": chart.alt,
  });
  figure.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height }));
  chart.steps.forEach((step, i) => {
    const top = i * (rows * row + gap) + gap / 2;
    figure.append(svg("text", { class: "step", x: 0, y: top + (rows * row) / 2 + 4 }, step.label));
    step.bars.forEach((bar, j) => {
      const y = top + j * row;
      const [from, to] = [x(bar.from), x(bar.to)].sort((a, b) => a - b);
      figure.append(
        svg("rect", {
          class: "bar", data: { series: j, kind: step.total ? "total" : "part" },
          x: from, y, width: Math.max(1.5, to - from), height: row - 3, rx: 1.5,
        }, svg("title", null, `${chart.series[j]}, ${step.label}: ${bar.text}`)),
        svg("text", { class: "amount", x: to + 4, y: y + row - 4 }, bar.text));
    });
  });
  return el("figure", { class: "detail-chart" },
    el("figcaption", null, chart.title), figure,
    el("ul", { class: "detail-key" }, chart.series.map((name, j) =>
      el("li", { data: { series: j } }, name))));
}

let open = false; // the table stays so while a slider moves
function table({ caption, head, rows }) {
  const toggle = (event) => { open = event.target.open; };
  return el("details", { class: "detail-table", open, ontoggle: toggle },
    el("summary", null, W.as_table),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      el("table", null,
        el("caption", { class: "visually-hidden" }, caption),
        el("thead", null, el("tr", null, head.map((cell) => el("th", { scope: "col" }, cell)))),
        el("tbody", null, rows.map(([name, ...cells]) => el("tr", null,
          el("th", { scope: "row" }, name), cells.map((cell) => el("td", null, cell))))))));
}

function why(value) {
  return el("section", { class: "detail-why" },
    el("h3", null, W.why),
    el("p", { class: "detail-headline" }, value.headline),
    told,
    value.chart ? waterfall(value.chart) : null,
    value.table ? table(value.table) : null);
}

function captions(list) {
  if (!list.length) return null;
  const search = (q) => () => go({ tab: "search", q, like: null, upload: null, drop: null });
  return el("section", { class: "detail-captions" },
    el("h3", null, W.captions),
    el("ul", null, list.map((caption) => el("li", null,
      el("button", { type: "button", class: "caption", title: W.search_caption,
        onclick: search(caption) }, caption)))));
}

function draw() {
  const value = props.value;
  if (value?.count && count) {
    if (value.count === count) tell(value.why.sentences);
    return;
  }
  count += 1;
  clearTimeout(timer);
  root.hidden = !value;
  if (!value) return root.replaceChildren();
  if (value.ask_spread) askLater(value.ask_spread);
  tell(value.why.sentences);
  const { scene } = value;
  const close = el("button", { type: "button", class: "detail-close", "aria-label": W.close,
    onclick: () => go({ scene: null }, { replace: true }) }, "×");
  root.replaceChildren(
    el("header", { class: "detail-head" },
      el("h2", null, scene.title), scene.label ? el("p", null, scene.label) : null,
      scene.data_set ? el("p", null, say(W.from_set, { name: scene.data_set })) : null, close),
    scene.picture
      ? el("div", { class: "detail-top" },
        el("img", { class: "detail-picture", src: scene.picture, alt: scene.alt }), actions(scene))
      : el("blockquote", null, scene.title),
    ...[value.state ? el("p", { class: "note", data: { kind: "warn" } }, value.state) : null,
      value.why ? why(value.why) : null,
      captions(scene.captions)].filter(Boolean));
}
draw();
watch("value", draw);
