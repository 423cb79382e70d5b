// The words of the query, each with a small map of its own to choose it by.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";
import { paint } from "./look-paint.js";

const SIZE = 96; // pixels of a small map

export function drawWords(box, value, shade, words, settings) {
  box.hidden = value.mode !== "words";
  if (box.hidden) return;
  const active = box.contains(document.activeElement) ? document.activeElement : null;
  if (active?.id === "look-query" && active.value !== value.query) return; // one is typing
  const focus = active && (active.id || active.dataset.word);
  box.replaceChildren(queryForm(value.query, words, settings),
    el("div", { class: "look-word-list", role: "group", "aria-label": words.words_label },
      value.words.map((word) => chip(word, value.scale, shade))));
  if (active?.id) document.getElementById(focus)?.focus();
  else if (active) box.querySelector(`[data-word="${focus}"]`)?.focus();
}

function queryForm(query, words, settings) {
  const text = el("input", { type: "search", id: "look-query", maxlength: settings.max_text,
    value: query, autocomplete: "off", enterkeyhint: "go", placeholder: words.query_placeholder });
  const form = el("form", { class: "look-query" }, el("label", { for: "look-query" }, words.query), text,
    el("button", { type: "submit", class: "quiet-button" }, words.query_go));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ q: text.value.trim(), drop: null, word: null });
  });
  return form;
}

function chip(word, scale, shade) {
  const small = el("canvas", { width: SIZE, height: SIZE, "aria-hidden": "true" });
  paint(small.getContext("2d"), { grid: word.grid, map: word.map }, SIZE, SIZE,
    { ...shade, opacity: 1, low: scale.least, high: scale.most });
  return el("button", { type: "button", class: "look-word", "aria-pressed": String(word.on),
    data: { word: word.name }, onclick: () => go({ word: word.name || null }) }, small, el("span", null, word.text));
}
