// Files that the page makes itself and hands to the browser.
import { el } from "./dom.js";

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// A cell of a table as a file. A spreadsheet must not take a caption for a formula.
function cell(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A table, its head first, as a file that is named after the data set and what it holds.
export const saveCsv = (rows, data, what) =>
  saveText("\ufeff" + rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n", data, what);

// The same, where its text is there.
export const saveText = (text, data, what) => save(new Blob([text], { type: "text/csv;charset=utf-8" }),
  `${data.replace(/[^\w-]+/g, "_") || what}_${what}.csv`);
