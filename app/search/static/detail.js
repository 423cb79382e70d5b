// The chosen scene: its picture, what can be done with it, and why it moved.
// props.value: see `DetailShown` in app/search/contract.py; null shows what to do.
import { makeChart } from "../../kit/static/chart.js";
import { el, refill } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { openLarge } from "../../kit/static/large.js";
import { scrolling, table } from "../../kit/static/table.js";
import { setMark } from "./marks.js";

// How far a rank depends on the bank takes longer to count than a slider may take to the page: it
// is asked for when nothing has changed for a while. An answer that comes too late is passed over.
const REST = 250; // milliseconds

export function mount({ root, props, trigger, watch, words, settings }) {
  const told = el("div");
  const chart = makeChart({ link: settings.plotly, name: "waterfall" });
  const kept = { told, chart, open: false }; // the table stays open while a slider moves
  document.addEventListener("explorer:enlarge", () => enlarge(props.value?.scene, words));
  let count = 0; // of what was shown since the start; the answer to a question has its number
  let timer = 0;

  function askLater(params) {
    const asked = count;
    timer = setTimeout(() => trigger("spread", { params, count: asked }), REST);
  }
  const tell = (sentences) => refill(told, sentences.map((sentence) => el("p", null, sentence)));

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
    refill(root,
      head(value.scene, words), picture(value.scene, words),
      value.state ? el("p", { class: "note", data: { kind: "warn" } }, value.state) : null,
      value.scene.picture ? actions(value.scene, words) : null,
      why(value.why, kept, words),
      captions(value.scene.captions, words),
      facts(value.scene.facts));
  }
  draw();
  watch("value", draw);
}

const head = (scene, words) => el("header", { class: "detail-head" },
  el("h2", null, scene.title),
  scene.label ? el("p", null, scene.label) : null,
  el("button", { type: "button", class: "detail-close", "aria-label": words.close,
    onclick: () => go({ scene: null }, { replace: true }) }, "×"));

function enlarge(scene, words) {
  if (scene?.picture) openLarge(scene, words.large);
}

function picture(scene, words) {
  if (!scene.picture) return el("blockquote", null, scene.title);
  return el("button", { type: "button", class: "detail-enlarge", title: words.enlarge,
    "aria-label": words.enlarge, onclick: () => enlarge(scene, words) },
  el("img", { class: "detail-picture", src: scene.picture, alt: scene.alt }));
}

function actions(scene, words) {
  const act = (label, params) =>
    el("button", { type: "button", class: "quiet-button", onclick: () => go(params) }, label);
  const mark = (name, sign, label) => {
    const on = scene.mark === name;
    return el("button", { type: "button", class: "quiet-button", "aria-pressed": String(on),
      onclick: () => setMark(scene.version, on ? null : name) }, `${sign} ${label}`);
  };
  return el("div", { class: "detail-actions" },
    mark("good", "+", words.more_like), mark("bad", "−", words.fewer_like),
    el("button", { type: "button", class: "quiet-button", onclick: () => document.dispatchEvent(
      new CustomEvent("explorer:tag", { detail: { version: scene.version, id: scene.id } })) }, words.tag),
    act(words.like_this,
      { tab: "search", like: scene.id, q: null, upload: null, drop: null, scene: null, marks: null }),
    act(words.open_look, { tab: "look", scene: scene.id }),
    act(words.open_map, { tab: "space", scene: scene.id }),
    scene.whole
      ? el("a", { class: "quiet-button", href: scene.picture, target: "_blank", rel: "noopener" },
        words.open_picture) : null);
}

const facts = (list) => el("dl", { class: "detail-facts" },
  list.map(({ name, value }) => [el("dt", null, name), el("dd", null, value)]));

const why = (value, kept, words) => el("section", { class: "detail-why" },
  el("h3", null, words.why),
  el("p", { class: "detail-headline" }, value.headline),
  kept.told,
  value.chart ? terms(value.chart, kept.chart) : null,
  value.table ? figures(value.table, kept, words) : null);

// The terms of the score, of the scene and of the one beside it.
function terms({ title, alt, series, figure }, chart) {
  chart.show(figure, alt);
  return el("figure", { class: "detail-chart" },
    el("figcaption", null, title), chart.node,
    el("ul", { class: "detail-key" }, series.map((name, i) => el("li", { data: { series: i } }, name))));
}

function figures(rows, kept, words) {
  const toggle = (event) => { kept.open = event.target.open; };
  return el("details", { class: "detail-table", open: kept.open, ontoggle: toggle },
    el("summary", null, words.as_table), scrolling(rows.caption, "scroll", table(rows)));
}

function captions(list, words) {
  if (!list.length) return null;
  const search = (q) => () =>
    go({ tab: "search", q, like: null, upload: null, drop: null, marks: null });
  return el("section", { class: "detail-captions" },
    el("h3", null, words.captions),
    el("ul", null, list.map(({ text, query }) => el("li", null,
      el("button", { type: "button", class: "caption", title: words.search_caption,
        onclick: search(query) }, text)))));
}
