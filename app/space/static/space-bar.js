// The controls above the map: which space, which colours, what a drag does.
import { el, refill } from "../../kit/static/dom.js";

export const button = (label, onclick, options) =>
  el("button", { type: "button", class: "quiet-button", onclick, ...options }, label);

function radios(label, options, value, choose) {
  return el("div", { class: "map-radios", role: "group", "aria-label": label },
    options.map(({ name, text, title, disabled }) =>
      button(text, () => choose(name), {
        class: "map-radio", "aria-pressed": String(name === value), title, disabled, data: { name },
      })));
}

// act: {view(name), colour(name), tool(name)}
export function bar({ words, act }) {
  const node = el("div", { class: "map-bar" });

  function draw({ views, view, colours, colour, tool }) {
    const focus = node.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const spaces = views.map(({ name, label, there, help }) =>
      ({ name, text: label, disabled: !there, title: there ? null : help }));
    const tools = Object.entries(words.tool).map(([name, text]) =>
      ({ name, text, title: words.tool_help[name] }));
    const choice = el("select", { id: "map-colour", data: { name: "colour" } },
      colours.map((name) =>
        el("option", { value: name, selected: name === colour }, words.colours[name])));
    choice.addEventListener("change", () => act.colour(choice.value));
    refill(node,
      radios(words.views_label, spaces, view, act.view),
      el("div", { class: "choice" }, el("label", { for: "map-colour" }, words.colour), choice),
      radios(words.tools, tools, tool, act.tool));
    if (focus) node.querySelector(`[data-name="${focus}"]`)?.focus();
  }

  return { node, draw };
}

// Signs over the map that zoom it and save it.
export const zoomBox = ({ words, act }) =>
  el("div", { class: "map-zoom", role: "group", "aria-label": words.zoom },
    [["+", words.zoom_in, () => act.zoom(1.6)], ["−", words.zoom_out, () => act.zoom(1 / 1.6)],
      ["⤢", words.fit, () => act.fit()], ["⤓", words.png, () => act.png()]]
      .map(([sign, label, onclick]) => button(sign, onclick, { "aria-label": label, title: label })));
