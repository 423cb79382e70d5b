// A picture that a person gives is found by a token, NAME.SECRET. Addresses hold the name alone, so
// that a link that is passed on shows the picture in this browser and to nobody else.
import { keep, recall } from "./kept.js";

const STORE = "explorer-pictures";
const MOST = 20; // that this browser remembers
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

function hide(token) {
  given = [...known(), token].slice(-MOST);
  keep(STORE, JSON.stringify(given));
  return nameOf(token);
}

const find = (text) => known().findLast((token) => nameOf(token) === text) || text;

function change(params, names, how) {
  const own = names.filter((one) => params[one]);
  return { ...params, ...Object.fromEntries(own.map((one) => [one, how(params[one])])) };
}

// Parameters as an address has them, and as the server needs them. names: those that hold a token.
export const shorten = (params, names) => change(params, names, hide);
export const complete = (params, names) => change(params, names, find);
