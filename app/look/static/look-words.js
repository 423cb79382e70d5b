// The query whose score is mapped, a second one, and the words of the first to choose from.
import { el } from "../../kit/static/dom.js";
import { go } from "../../kit/static/go.js";

export function drawWords(box, value, words, settings) {
  box.hidden = value.mode !== "score";
  if (box.hidden) return;
  const active = box.contains(document.activeElement) ? document.activeElement : null;
  if (active?.id === "look-query" && active.value !== value.query) return; // one is typing
  if (active?.id === "look-than" && active.value !== value.than) return;
  const focus = active && (active.id || active.dataset.word);
  const ask = { query: [value.query, "look-query", words.query, words.query_placeholder],
    than: [value.than, "look-than", words.than, words.than_placeholder] };
  box.replaceChildren(
    el("div", { class: "look-queries" },
      queryForm(...ask.query, words, settings, (text) => ({ q: text, drop: null, word: null, look: "score" })),
      value.query ? queryForm(...ask.than, words, settings, (text) => ({ than: text || null, look: "score" })) : null),
    el("div", { class: "look-word-list", role: "group", "aria-label": words.words_label },
      value.words.map(chip)));
  if (active?.id) document.getElementById(focus)?.focus();
  else if (active) box.querySelector(`[data-word="${focus}"]`)?.focus();
}

function queryForm(query, id, label, placeholder, words, settings, params) {
  const text = el("input", { type: "search", id, maxlength: settings.max_text,
    value: query, autocomplete: "off", enterkeyhint: "go", placeholder });
  const form = el("form", { class: "look-query" }, el("label", { for: id }, label), text,
    el("button", { type: "submit", class: "quiet-button" }, words.query_go));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(params(text.value.trim()));
  });
  return form;
}

function chip({ name, text, on }) {
  return el("button", { type: "button", class: "look-word", "aria-pressed": String(on),
    data: { word: name }, onclick: () => go({ word: name || null }) }, text);
}
