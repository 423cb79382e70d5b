// A collection as files: a table is written here; what needs the scenes' places, vectors or pictures
// is made by the server, which is told which scenes and keeps nothing of it.
import { el, say } from "../../kit/static/dom.js";
import { save, saveCsv } from "../../kit/static/files.js";

// A button for each form; complain(sentence) says what went wrong.
export const fileButtons = (tag, words, complain) => Object.entries(words.files).map(([kind, label]) =>
  el("button", { type: "button", class: "quiet-button", "aria-label": say(words.file, { name: tag.name, kind: label }),
    onclick: () => (kind === "csv" ? table(tag) : fetched(tag, kind, complain)) }, label));

function table({ name, note, scenes }) {
  saveCsv([["tag", "id", "version", "note"], ...scenes.map(({ id, version }) => [name, id, version, note])],
    name, "collection");
}

async function fetched({ name, scenes }, kind, complain) {
  complain("");
  try {
    const answer = await fetch(`kept/${kind}`, { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, versions: scenes.map((scene) => scene.version) }) });
    if (!answer.ok) return complain((await answer.json()).detail);
    return save(await answer.blob(), `${name.replace(/[^\w-]+/g, "_") || "collection"}_collection.${kind}`);
  } catch (error) {
    return complain(String(error));
  }
}
