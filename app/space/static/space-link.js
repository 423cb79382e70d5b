// The map's own part of the address: map (which space), colour, solo, scene, caption, sel.
// They are read here alone; Python only places the query.
import { unpacked } from "./space-selection.js";
import { colourings, kindsOf } from "./space-kinds.js";

export const numberOf = (text) => (/^\d{1,5}$/.test(text || "") ? Number(text) : null);

const captionOf = (text, points) =>
  (/^\d{1,7}$/.test(text || "") && Number(text) < points.d ? points.n + Number(text) : -1);

// A colouring that there is: the asked one, else by class, else by modality.
export function knownColour(name, known) {
  return known.includes(name) ? name : known.includes("class") ? "class" : "modality";
}

// The point and the selection that an address asks for.
export function asked({ scene, caption, sel, only }, points) {
  return {
    chosen: scene ? points.names.ids.indexOf(scene) : captionOf(caption, points),
    selected: (sel ? unpacked(sel, points.size) : unpacked(only, points.n, true)) || [],
  };
}

// What of an address is not allowed, once everything is there to tell: [name, value] each.
export function refused(given, { points, words, value }) {
  if (!points.names || !points.hubness) return [];
  const known = colourings(points, words, value.query);
  const kinds = () => kindsOf(points, knownColour(given.colour, known), words, value.query).list;
  const allowed = {
    map: (name) => value.views.some((view) => view.name === name && view.there),
    colour: (name) => known.includes(name),
    solo: (text) => Boolean(kinds()[numberOf(text)]),
    caption: (text) => captionOf(text, points) >= 0,
    sel: (text) => unpacked(text, points.size) !== null,
  };
  return Object.keys(allowed).filter((name) => given[name] && !allowed[name](given[name]))
    .map((name) => [name, given[name]]);
}
