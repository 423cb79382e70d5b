// Elements and sentences. Text and attributes only, never markup: what a person or a data set says
// stays text.
const SVG = "http://www.w3.org/2000/svg";

// `on...` attributes take functions; null, undefined and false leave an attribute or a child out.
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export const el = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

// In the place of all that a node holds; what is null or false is left out.
export function refill(node, ...children) {
  node.replaceChildren();
  return fill(node, null, children);
}

// Fill the {fields} of one of the page's own sentences; what is filled in stays text.
export const say = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (field, name) => (name in values ? values[name] : field));
