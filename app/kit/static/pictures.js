// A picture that a person gives is found by a token, NAME.SECRET. Addresses hold the name alone, so
// that a link that is passed on shows the picture in this browser and to nobody else.
import { keep, recall } from "./kept.js";

const STORE = "explorer-pictures";
const MOST = 20; // that this browser remembers
const NAMES = ["upload", "own"]; // parameters that hold one
let given = []; // tokens, the latest last

function known() {
  try {
    const old = JSON.parse(recall(STORE) || "[]").filter((one) => typeof one === "string");
    return [...new Set([...old, ...given])];
  } catch {
    return given;
  }
}

const nameOf = (token) => token.split(".")[0];

function change(params, how) {
  const own = NAMES.filter((one) => params[one]);
  return { ...params, ...Object.fromEntries(own.map((one) => [one, how(params[one])])) };
}

function hide(token) {
  given = [...known(), token].slice(-MOST);
  keep(STORE, JSON.stringify(given));
  return nameOf(token);
}

const find = (text) => known().findLast((token) => nameOf(token) === text) || text;

// Parameters as an address has them, and as the server needs them.
export const shorten = (params) => change(params, hide);
export const complete = (params) => change(params, find);
