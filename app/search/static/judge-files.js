// Query sets, judgments and rankings as text: one query a line, CSV, TREC's qrels and runs, as
// cmpagl/judge/judgments.py reads and writes them.
const COLUMNS = ["id", "query", "scene", "grade", "rank_before", "rank_after", "class"];
const QRELS = /^(\S+)\s+(?:0|Q0)\s+(\S+)\s+(-?\d{1,2})$/;
const RUN = /^(\S+)\s+Q0\s+(\S+)\s+\d+\s+(\S+)\s+(\S+)$/;

// What a text is: {queries: [{id, query, grades}]}, {qrels: [{id, scene, grade}]} or {run, ranked},
// where ranked holds an id's scenes, the best first. Throws {why, ...fields}: a name in the words.
// limits: see `JudgeSettings` in app/search/kept_contract.py.
export function readJudging(text, { most_queries: many, most_text: long, most_grade: best }) {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).map((line) => line.trim()).filter(Boolean);
  if (!lines.length) throw { why: "judge_empty" };
  if (lines.every((line) => QRELS.test(line))) return { qrels: lines.map(judgment) };
  if (lines.every((line) => RUN.test(line))) return readRun(lines);
  const rows = cells(text.replace(/^\ufeff/, ""));
  const head = (rows[0] || []).map((name) => name.trim().toLowerCase());
  const table = head.includes("query") && head.every((name) => COLUMNS.includes(name));
  const queries = table ? readTable(head, rows.slice(1), best)
    : [...new Set(lines)].map((query) => ({ id: "", query, grades: {} }));
  if (queries.length > many) throw { why: "judge_many", most: many };
  for (const { query } of queries) if (query.length > long) throw { why: "judge_long", most: long };
  return { queries };
}

function readTable(head, rows, best) {
  const found = new Map();
  rows.forEach((row, i) => {
    const of = (name) => plainCell((row[head.indexOf(name)] ?? "").trim());
    const query = of("query").replace(/\s+/g, " ");
    if (!query) throw { why: "judge_no_text", row: i + 1 };
    const key = of("id") || query;
    if (!found.has(key)) found.set(key, { id: of("id").replace(/\s+/g, "_"), query, grades: {} });
    const [scene, grade] = [of("scene"), head.includes("grade") ? of("grade") : "1"];
    if (!scene || grade === "") return; // a row that only names the query, or is not filled in
    if (!/^\d{1,2}$/.test(grade) || Number(grade) > best) throw { why: "judge_grade", row: i + 1 };
    found.get(key).grades[scene] = Number(grade);
  });
  return [...found.values()];
}

// What `saveCsv` put before a text that a spreadsheet would take for a formula.
const plainCell = (text) => (/^'[=+\-@]/.test(text) ? text.slice(1) : text);

// Rows of a CSV; quoted cells may hold commas and ends of lines.
function cells(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\r|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((cell) => cell.trim()));
}

function judgment(line) {
  const [, id, scene, grade] = line.match(QRELS);
  return { id, scene: spaced(scene), grade: Math.max(0, Number(grade)) };
}

// By their scores, as TREC's own program reads a run.
function readRun(lines) {
  const found = new Map();
  let run = "";
  for (const line of lines) {
    const [, id, scene, score, name] = line.match(RUN);
    run = name;
    found.set(id, [...(found.get(id) || []), { scene: spaced(scene), score: Number(score) }]);
  }
  const best = (list) => list.sort((a, b) => b.score - a.score).map((one) => one.scene);
  return { run, ranked: new Map([...found].map(([id, list]) => [id, best(list)])) };
}

// judged: see `JudgedShown` in app/search/kept_contract.py.
export const judgmentRows = (judged) => [["id", "query", "scene", "grade"],
  ...judged.flatMap(({ id, query, grades }) =>
    Object.entries(grades).map(([scene, grade]) => [id, query, scene, grade]))];

export const qrelsLines = (judged) => judged.flatMap(({ id, grades }) =>
  Object.entries(grades).map(([scene, grade]) => `${id} 0 ${plain(scene)} ${grade}\n`));

// The order alone is kept, so a score says no more than the place: the best has the highest.
export const runLines = (judged, side) => judged.flatMap(({ id, [side]: ranked }) =>
  ranked.map((scene, i) => `${id} Q0 ${plain(scene)} ${i + 1} ${ranked.length - i} ${side}\n`));

// TREC's files part words at blanks.
const plain = (scene) => scene.replaceAll("%", "%25").replaceAll(" ", "%20").replaceAll("\t", "%09");
const spaced = (word) => word.replaceAll("%09", "\t").replaceAll("%20", " ").replaceAll("%25", "%");
