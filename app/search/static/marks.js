// What a person marks, in the address: a letter and the beginning of a picture's digest each, in the
// order in which they were made.
import { go, here } from "../../kit/static/go.js";

const LETTERS = { good: "y", bad: "n" };

const marks = () => (here().marks || "").split(".").filter(Boolean);
const put = (list) => go({ marks: list.join(".") || null });

// mark: "good" or "bad"; null takes the mark off.
export function setMark(version, mark) {
  const others = marks().filter((one) => !one.slice(1).startsWith(version));
  put(mark ? [...others, LETTERS[mark] + version] : others);
}

export const undoMark = () => put(marks().slice(0, -1));
export const clearMarks = () => put([]);
