// Saved searches: which one the page shows now, and what it finds that it did not find when it was saved.
import { here } from "../../kit/static/go.js";
import { kept } from "./kept-state.js";

const PASSING = ["tab", "scene", "layout", "size"]; // of an address, no part of a search

// The search that the address asks for; a picture of one's own is nobody else's, nor later's.
export function searched() {
  const { upload, ...params } = here();
  return Object.fromEntries(Object.entries(params).filter(([name]) => !PASSING.includes(name)));
}

const said = (params) => JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));

export const isNow = ({ params }) => said(params) === said(searched());

// Versions, of those given, that a saved search shows for the first time.
export function freshNow(versions) {
  const now = kept().searches.filter(isNow);
  return versions.filter((one) => now.some(({ seen }) => !seen.includes(one)));
}
