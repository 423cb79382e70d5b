// Judging: the first ten of both columns, one picture at a time, without a word on which column has
// it unless asked; then what both columns are worth by that, over every query that was judged.
// props.value: see `JudgingShown` in app/search/kept_contract.py.
import { el, refill, say } from "../../kit/static/dom.js";
import { saveCsv, save } from "../../kit/static/files.js";
import { go, here } from "../../kit/static/go.js";
import { counted } from "../../kit/static/numbers.js";
import { judgmentRows, qrelsLines, readJudging, runLines } from "./judge-files.js";
import { makeFigures } from "./judge-figures.js";
import { change, gallery, kept, onFound, onKept } from "./kept-state.js";
import { makeUndo } from "./kept-undo.js";

const ALONE = { like: null, upload: null, drop: null, marks: null, not: null, scene: null, k: null };

// It opens at the event "explorer:judge".
export function mount({ props, trigger, watch, words, settings }) {
  const { depth } = settings;
  let shown = { query: "", before: [], after: [], right: [] }; // both columns' cards, and what is right
  let asking = shown; // what is asked about
  let pool = []; // its cards to ask about
  let at = 0;
  let grades = {};
  let waiting = []; // {id, query, grades, ask}: queries that come after this one
  let running = null; // the one of them whose answer is awaited
  let said = {}; // {query, grades}: what was judged last, until what is kept has it
  let run = null; // rankings from a file
  const stage = el("div", { class: "judge-stage", tabindex: -1 });
  const figures = makeFigures({ props, trigger, watch, words, settings, failed: (why) => complain({ why }) });
  const list = el("ul", { class: "judge-list" });
  const gone = makeUndo(words);
  const problem = el("p", { class: "note", data: { kind: "error" }, role: "alert", hidden: true });
  const typed = el("textarea", { id: "judge-queries", rows: 3, class: "judge-queries",
    placeholder: words.judge_placeholder });
  const blind = el("input", { type: "checkbox", id: "judge-blind", checked: true, onchange: draw });
  const file = el("input", { type: "file", accept: ".csv,.txt,.qrels,.run,text/plain,text/csv", hidden: true });
  const quiet = (label, act, options) =>
    el("button", { type: "button", class: "quiet-button", onclick: act, ...options }, label);
  const all = el("details", { class: "judge-all" }, el("summary", null, words.judge_all), list,
    quiet(words.judge_again, () => queue(judged().map((one) => ({ ...one, ask: false })))));
  const saving = el("div", { class: "judge-acts", role: "group", "aria-label": words.judge_save },
    el("span", null, words.judge_save),
    quiet(words.judge_csv, () => saveCsv(judgmentRows(judged()), gallery(), "judgments")),
    quiet(words.judge_results, () => figures.save(judged(), run, gallery())),
    quiet(words.judge_qrels, () => saveLines(qrelsLines(judged()), ".qrels")),
    quiet(words.judge_run_before, () => saveLines(runLines(judged(), "before"), "_before.run")),
    quiet(words.judge_run_after, () => saveLines(runLines(judged(), "after"), "_after.run")));
  const dialog = el("dialog", { class: "judge", "aria-label": words.judge_title },
    el("header", null, el("h2", null, words.judge_title),
      el("button", { type: "button", class: "detail-close", "aria-label": words.close,
        onclick: () => dialog.close() }, "×")),
    stage, gone.node, el("p", null, blind, " ", el("label", { for: "judge-blind" }, words.judge_blind)), problem, figures.node,
    el("label", { for: "judge-queries" }, words.judge_queries), typed,
    el("div", { class: "judge-acts" }, quiet(words.judge_start, () => take(typed.value)),
      quiet(words.judge_load, () => file.click(), { title: words.judge_load_title }), file),
    saving, all);
  document.body.append(dialog);

  // With an id each that no other has, so that TREC's files name every query the same again.
  const judged = () => kept().judged.map((one, i) => ({ ...one, id: one.id || `q${i + 1}` }));
  function idFor(query, wanted) {
    const known = judged().find((one) => one.query === query);
    const used = new Set(judged().filter((one) => one.query !== query).map((one) => one.id));
    if (known || (wanted && !used.has(wanted))) return known?.id || wanted;
    let n = judged().length + 1;
    while (used.has(`q${n}`)) n += 1;
    return `q${n}`;
  }

  function complain(error) {
    problem.hidden = !error;
    problem.textContent = error ? say(words[error.why] || words.judge_bad, error) : "";
  }
  function take(text) {
    complain(null);
    try {
      const found = readJudging(text, settings);
      typed.value = "";
      if (found.queries) queue(found.queries.map((one) =>
        ({ ...one, ask: !Object.keys(one.grades).length })));
      else if (found.qrels) takeQrels(found.qrels);
      else takeRun(found);
    } catch (error) {
      complain(error);
    }
  }
  function takeQrels(rows) {
    const known = new Map(judged().map((one) => [one.id, { ...one, grades: { ...one.grades } }]));
    for (const { id, scene, grade } of rows) {
      if (!known.has(id)) throw { why: "judge_no_query", id };
      known.get(id).grades[scene] = grade;
    }
    const named = new Set(rows.map((row) => row.id));
    change({ op: "bring", content: { tags: [], searches: [],
      judged: [...known.values()].filter((one) => named.has(one.id)) } });
  }
  function takeRun({ run: name, ranked }) {
    const known = new Map(judged().map((one) => [one.id, one.query]));
    for (const id of ranked.keys()) if (!known.has(id)) throw { why: "judge_no_query", id };
    run = { name, ranked: new Map([...ranked].map(([id, scenes]) => [known.get(id), scenes])) };
    tell(kept());
  }

  // Each of them is searched for as the page is set now; what is asked about it follows.
  function queue(queries) {
    waiting = queries;
    next();
  }
  function next() {
    running = waiting.shift() || null;
    if (!running) return draw();
    const params = { ...here(), ...ALONE, tab: "search", q: running.query };
    const same = Object.entries(params).every(([name, value]) =>
      (here()[name] ?? null) === value || (name === "tab" && !here().tab));
    draw();
    if (same && shown.query) begin();
    else go({ ...ALONE, tab: "search", q: running.query }, { replace: true });
  }
  // Ordered by the pictures' digests, which tell of neither column; what a caption says is right is known.
  function begin() {
    const one = running || { query: shown.query, id: "", grades: {}, ask: true };
    running = null;
    const half = halfway() && asking.query === shown.query ? grades : {};
    keepHalf();
    asking = shown;
    const old = said.query === shown.query ? said.grades
      : kept().judged.find(({ query }) => query === shown.query)?.grades || {};
    grades = { ...Object.fromEntries(shown.right.map((id) => [id, 1])), ...old, ...one.grades, ...half };
    const first = [...shown.before.slice(0, depth), ...shown.after.slice(0, depth)];
    pool = one.ask === false ? [] : [...new Map(first.map((card) => [card.id, card])).values()]
      .filter((card) => !(card.id in grades)).sort((a, b) => (a.version < b.version ? -1 : 1));
    at = 0;
    wanted = one.id;
    if (!pool.length) record();
    else draw();
  }
  let wanted = ""; // the id that a file gave the query
  function judge(grade) {
    if (at >= pool.length) return;
    if (grade !== null) grades = { ...grades, [pool[at].id]: grade };
    at += 1;
    if (at === pool.length) record();
    else draw();
  }
  function back() {
    if (!at || at >= pool.length) return;
    at -= 1;
    grades = Object.fromEntries(Object.entries(grades).filter(([id]) => id !== pool[at].id));
    draw();
  }
  function record() {
    keepGrades();
    next();
  }
  function keepGrades() {
    const { query, before, after } = asking;
    const first = (cards) => cards.slice(0, depth).map((card) => card.id);
    if (!query || !Object.keys(grades).length) return;
    said = { query, grades };
    change({ op: "judge", query, grades, id: idFor(query, wanted), before: first(before), after: first(after) });
  }
  // Who leaves in the middle finds it again as far as it was.
  const halfway = () => at > 0 && at < pool.length;
  function keepHalf() {
    if (halfway()) keepGrades();
    [pool, at] = [[], 0];
  }

  function draw() {
    // Buttons go with what is drawn anew; the keys go on where they were.
    const held = dialog.open && (stage.contains(document.activeElement) || document.activeElement === document.body);
    refill(stage, ...staged());
    if (held) stage.focus();
  }
  function staged() {
    if (running) {
      return [el("p", { role: "status" }, counted(words.judge_running, waiting.length + 1, { query: running.query })),
        quiet(words.judge_stop, () => { waiting = []; running = null; draw(); })];
    }
    if (!shown.query) return [el("p", null, words.judge_none)];
    if (at >= pool.length) return [el("p", { role: "status" }, say(words.judge_done, { query: shown.query }))];
    const card = pool[at];
    const rank = (side) => shown[side].find((one) => one.id === card.id)?.rank ?? "–";
    return [
      el("p", { role: "status" }, say(words.judge_question, { query: shown.query, n: at + 1, all: pool.length })),
      picture(card),
      blind.checked ? null
        : el("p", null, say(words.judge_from, { before: rank("before"), after: rank("after") })),
      el("div", { class: "judge-acts" },
        quiet(words.judge_yes, () => judge(1)), quiet(words.judge_no, () => judge(0)),
        quiet(words.judge_skip, () => judge(null)), quiet(words.judge_back, back, { disabled: !at })),
    ];
  }
  // Where its file is missing, what is left of it.
  function picture({ thumbnail }) {
    const shown = el("img", { src: thumbnail.replace("/thumbnail", "/picture"), alt: "", class: "judge-picture" });
    shown.addEventListener("error", () => { shown.src = thumbnail; }, { once: true });
    return shown;
  }
  function tell(now) {
    const grades = now.judged.find(({ query }) => query === said.query)?.grades || {};
    if (Object.entries(said.grades || {}).every(([id, grade]) => grades[id] === grade)) said = {};
    const some = dialog.open && now.judged.length;
    all.hidden = saving.hidden = !now.judged.length;
    if (some) figures.ask(judged(), run);
    else figures.clear();
    refill(list, some ? judged().map(judgedShown) : null);
  }
  const judgedShown = (one) => el("li", null,
    el("button", { type: "button", class: "drawer-link",
      onclick: () => queue([{ ...one, ask: true }]) }, one.query),
    el("small", null, say(words.judge_counts, {
      good: Object.values(one.grades).filter((grade) => grade > 0).length, n: Object.keys(one.grades).length })),
    el("button", { type: "button", class: "drawer-remove", "aria-label": say(words.judge_drop, { query: one.query }),
      onclick: () => {
        change({ op: "drop_judged", query: one.query });
        gone.offer(say(words.judge_dropped, { query: one.query }), { judged: [one] });
      } }, "×"));

  const KEYS = { 1: () => judge(1), 0: () => judge(0), " ": () => judge(null), Backspace: back };
  dialog.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target === typed || !KEYS[key]) return;
    // On a button, the space bar presses it.
    if (at >= pool.length || running || (key === " " && target.closest("button, input, summary"))) return;
    event.preventDefault();
    KEYS[key]();
  });
  document.addEventListener("explorer:judge", () => {
    complain(null);
    dialog.showModal();
    [waiting, running] = [[], null];
    stage.focus();
    tell(kept());
    if (shown.query && Number(here().k || depth) < depth) go({ k: null }, { replace: true });
    else begin();
  });
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // again, before the browser told of it
    keepHalf();
    gone.clear();
    waiting = [];
    running = null;
    figures.clear();
    refill(stage) && refill(list);
  });
  file.addEventListener("change", async () => {
    const text = await file.files[0].text();
    file.value = "";
    take(text);
  });
  onFound((now) => {
    shown = now;
    if (!dialog.open) return;
    if (running && !now.query) return next(); // it could not be searched for
    if (!running || running.query === now.query) begin();
  });
  onKept(tell);

  function saveLines(lines, end) {
    save(new Blob(lines, { type: "text/plain" }), gallery().replace(/[^\w-]+/g, "_") + end);
  }
}
