// Sentences above the map and the key of its lines below.
import { el, refill, say } from "../../kit/static/dom.js";
import { refused } from "./space-link.js";

const SHOWN = { scene: 80, value: 40 }; // characters of what a link asked for

// What is to be said, as [sentence, kind].
function lines({ given, points, words, value, view }) {
  const { query, notes } = value;
  const told = notes.map((text) => [text, "warn"]);
  if (!points.d) told.push([words.no_captions, "info"]);
  if (query) {
    const placed = say(words.query_note,
      { query: query.label || words.query_picture, stage: query.stage });
    told.push([view === "raw" ? words.query_raw : placed, "info"]);
  }
  const { scene } = given;
  if (scene && points.names && !points.names.ids.includes(scene)) {
    told.push([say(words.no_scene, { name: scene.slice(0, SHOWN.scene) }), "warn"]);
  }
  for (const [name, asked] of refused(given, { points, words, value })) {
    told.push([say(words.bad_param, { name, value: asked.slice(0, SHOWN.value) }), "warn"]);
  }
  return told;
}

export const drawNotes = (node, about) => refill(node, lines(about).map(([text, kind]) =>
  el("p", { class: "note", data: { kind } }, text)));

// Where nothing has a caption, there are no right answers.
export const drawKey = (node, words, captions) => refill(node,
  captions && [el("span", { class: "map-stroke", data: { kind: "own" } }), words.line_own],
  el("span", { class: "map-stroke", data: { kind: "first" } }), words.line_first);
