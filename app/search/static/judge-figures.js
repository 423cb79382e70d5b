// What judged queries say of both columns, and of a file's rankings beside them: as a table and as
// rows of a file.
import { say } from "../../kit/static/dom.js";
import { counted, decimal } from "../../kit/static/numbers.js";
import { table } from "../../kit/static/table.js";
import { measure } from "./measures.js";

const columns = (run, words) => [["before", words.before], ["after", words.after],
  ["change", words.judge_change], ...(run ? [["run", run.name]] : [])];

// judged: see `JudgedShown` in app/search/contract.py; run: {name, ranked}, a query -> ids; or null.
export function figuresTable(judged, run, words) {
  const found = measure(judged, run?.ranked);
  if (!found) return null;
  const cell = ({ value, low, high }) => `${decimal(value, 1)} (${decimal(low, 1)} – ${decimal(high, 1)})`;
  const shown = columns(run, words);
  return table({
    caption: `${counted(words.judge_caption, found.n)} ${say(words.judge_share, { share: decimal(found.share, 0) })}`,
    head: ["", ...shown.map(([, title]) => title)],
    rows: found.rows.map((row) => [row.name, ...shown.map(([name]) => cell(row[name]))]),
  }, { spoken: false });
}

export function resultRows(judged, run, words) {
  const found = measure(judged, run?.ranked);
  return [["measure", "column", "percent", "low", "high", "queries", "judged_percent"],
    ...(found?.rows || []).flatMap((row) => columns(run, words).map(([name, title]) => {
      const figures = [row[name].value, row[name].low, row[name].high, found.n, found.share];
      return [row.name, title, ...figures.map((value) => Number(value.toFixed(3)))];
    }))];
}
