// Judging: the first ten of both columns, one picture at a time, without a word on which column has
// it; then what both columns are worth by that, over every query that was judged.
import { el, refill, say } from "../../kit/static/dom.js";
import { saveCsv, save } from "../../kit/static/files.js";
import { go } from "../../kit/static/go.js";
import { counted, decimal } from "../../kit/static/numbers.js";
import { table } from "../../kit/static/table.js";
import { change, kept, onFound, onKept } from "./kept-state.js";
import { measure } from "./measures.js";

const DEPTH = 10;

// It opens at the event "explorer:judge".
export function makeJudge(words, { gallery }) {
  let shown = { query: "", before: [], after: [] }; // cards of both columns
  let pool = []; // cards to judge
  let at = 0;
  let grades = {};
  let waiting = []; // queries that come after this one
  const stage = el("div", { class: "judge-stage" });
  const figures = el("div", { class: "judge-figures" });
  const typed = el("textarea", { id: "judge-queries", rows: 3, class: "judge-queries",
    placeholder: words.judge_placeholder });
  const quiet = (label, act) => el("button", { type: "button", class: "quiet-button", onclick: act }, label);
  const dialog = el("dialog", { class: "judge", "aria-label": words.judge_title },
    el("header", null, el("h2", null, words.judge_title),
      el("button", { type: "button", class: "detail-close", "aria-label": words.close,
        onclick: () => dialog.close() }, "×")),
    stage, figures,
    el("label", { for: "judge-queries" }, words.judge_queries), typed,
    el("footer", null, quiet(words.judge_start, start), quiet(words.judge_csv, saveJudgments),
      quiet(words.judge_qrels, saveQrels)));
  document.body.append(dialog);

  function start() {
    waiting = typed.value.split("\n").map((line) => line.trim()).filter(Boolean);
    typed.value = "";
    next();
  }
  function next() {
    const query = waiting.shift();
    if (query) go({ tab: "search", q: query, like: null, upload: null, drop: null, marks: null,
      scene: null, not: null });
  }
  // Ordered by name, which tells of neither column; what a caption says is right is known.
  function begin() {
    const old = kept().judged.find((one) => one.query === shown.query)?.grades || {};
    const first = [...shown.before.slice(0, DEPTH), ...shown.after.slice(0, DEPTH)];
    pool = [...new Map(first.map((card) => [card.id, card])).values()]
      .sort((a, b) => (a.version < b.version ? -1 : 1));
    grades = { ...Object.fromEntries(pool.filter((card) => card.truth).map((card) => [card.id, 1])), ...old };
    at = pool.every((card) => card.id in grades) ? pool.length : 0;
    draw();
  }
  function judge(grade) {
    if (at >= pool.length) return;
    if (grade !== null) grades = { ...grades, [pool[at].id]: grade };
    at += 1;
    if (at === pool.length) {
      change({ op: "judge", query: shown.query, grades,
        before: shown.before.slice(0, DEPTH).map((card) => card.id),
        after: shown.after.slice(0, DEPTH).map((card) => card.id) });
      next();
    }
    draw();
  }
  function draw() {
    if (!shown.query) return refill(stage, el("p", null, words.judge_none));
    if (at >= pool.length) {
      return refill(stage, el("p", { role: "status" }, say(words.judge_done, { query: shown.query })));
    }
    const card = pool[at];
    refill(stage, el("p", { role: "status" }, say(words.judge_question,
      { query: shown.query, n: at + 1, all: pool.length })),
    el("img", { src: card.thumbnail.replace("/thumbnail", "/picture"), alt: "", class: "judge-picture" }),
    el("div", { class: "judge-answers" },
      quiet(words.judge_yes, () => judge(1)), quiet(words.judge_no, () => judge(0)),
      quiet(words.judge_skip, () => judge(null))));
  }
  function tell({ judged }) {
    const found = measure(judged);
    const cell = ({ value, low, high }) =>
      `${decimal(value, 1)} (${decimal(low, 1)} – ${decimal(high, 1)})`;
    refill(figures, found && dialog.open ? table({
      caption: counted(words.judge_caption, found.n),
      head: ["", words.before, words.after, words.judge_change],
      rows: found.rows.map((row) => [row.name, cell(row.before), cell(row.after), cell(row.change)]),
    }, { spoken: false }) : null);
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.target === typed) return;
    const answer = { 1: 1, 0: 0, " ": null };
    if (!(event.key in answer) || at >= pool.length) return;
    event.preventDefault();
    judge(answer[event.key]);
  });
  document.addEventListener("explorer:judge", () => {
    dialog.showModal();
    begin();
    tell(kept());
  });
  dialog.addEventListener("close", () => refill(stage) && refill(figures));
  onFound((now) => {
    shown = now;
    if (dialog.open) begin();
  });
  onKept(tell);

  const id = (i) => `q${i + 1}`;
  function saveJudgments() {
    saveCsv([["id", "query", "scene", "grade"], ...kept().judged.flatMap(({ query, grades: said }, i) =>
      Object.entries(said).map(([scene, grade]) => [id(i), query, scene, grade]))], gallery(), "judgments");
  }
  function saveQrels() {
    const plain = (scene) => scene.replaceAll("%", "%25").replaceAll(" ", "%20").replaceAll("\t", "%09");
    const lines = kept().judged.flatMap(({ grades: said }, i) =>
      Object.entries(said).map(([scene, grade]) => `${id(i)} 0 ${plain(scene)} ${grade}\n`));
    save(new Blob(lines, { type: "text/plain" }), `${gallery().replace(/[^\w-]+/g, "_")}.qrels`);
  }
}
