// What a person marks, in the address: a letter and the beginning of a picture's digest each, in the
// order in which they were made.
import { go, here } from "../../kit/static/go.js";

const LETTERS = { good: "y", bad: "n" };

let past = []; // {query, from, to}: changes that were made here, to be taken back in turn

const said = () => here().marks || "";
const marks = () => said().split(".").filter(Boolean);
const query = () => JSON.stringify([here().q, here().like, here().upload]);

function put(list) {
  const change = { query: query(), from: said(), to: list.join(".") };
  if (change.to === change.from) return;
  past.push(change);
  go({ marks: change.to || null });
}

// mark: "good" or "bad"; null takes the mark off.
export function setMark(version, mark) {
  const others = marks().filter((one) => !one.slice(1).startsWith(version));
  put(mark ? [...others, LETTERS[mark] + version] : others);
}

// Takes the last change back, be it a mark, one taken off or all of them; where the address had
// marks before, the last of these.
export function undoMark() {
  const last = past.pop();
  if (last && last.query === query() && last.to === said()) return go({ marks: last.from || null });
  past = [];
  return go({ marks: marks().slice(0, -1).join(".") || null });
}

export const clearMarks = () => put([]);
