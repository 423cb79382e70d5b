// The search form: words or a picture, what was noticed about the query, and how to rank.
// props.value: see `form` in app/search/view.py. Everything a person sets goes to the address bar.
const { el, say, go, announce } = window.explorer;
const W = WORDS;
const root = element.querySelector(".search");

// The query: one line of text, a picture by button, paste or drop.

const text = el("input", {
  type: "search", id: "query", class: "search-text", placeholder: W.placeholder, maxlength: 2000,
  autocomplete: "off", spellcheck: true, enterkeyhint: "search", "aria-describedby": "query-hint",
});
const file = el("input", { type: "file", accept: "image/*", hidden: true });
const pick = el("button", { type: "button", class: "quiet-button", onclick: () => file.click() },
  W.picture);
const chosen = el("div", { class: "search-chosen", hidden: true });
const form = el("form", { class: "search-form", role: "search" },
  el("label", { for: "query", class: "visually-hidden" }, W.query),
  el("div", { class: "search-box" }, text, pick,
    el("button", { type: "submit", class: "main-button" }, W.go)),
  file);
const hint = el("p", { id: "query-hint", class: "visually-hidden" }, W.hint);

let asked = ""; // the text of the last answer, or the one that was sent and is being answered
form.addEventListener("submit", (event) => {
  event.preventDefault();
  asked = text.value.trim();
  go({ tab: "search", q: asked, drop: null, scene: null, find: null });
});
text.addEventListener("search", () => text.value === "" && form.requestSubmit());

async function send(picture) {
  if (!picture || !picture.type.startsWith("image/")) return complain(W.not_a_picture);
  if (picture.size > W.max_bytes) return complain(W.too_large);
  announce(W.uploading);
  chosen.hidden = false;
  chosen.replaceChildren(W.uploading);
  try {
    const { path } = await upload(picture);
    trigger("upload", { path });
  } catch {
    complain(W.upload_failed);
  }
}

function complain(sentence) {
  chosen.hidden = true;
  drawNotes([{ kind: "error", text: sentence }], null);
}

file.addEventListener("change", () => {
  if (file.files.length) send(file.files[0]);
  file.value = "";
});
document.addEventListener("paste", (event) => {
  const picture = [...(event.clipboardData?.files || [])].find((f) => f.type.startsWith("image/"));
  if (!picture || !element.offsetParent) return; // no picture, or another tab is shown
  event.preventDefault();
  send(picture);
});
root.addEventListener("dragover", (event) => {
  event.preventDefault();
  root.classList.add("is-target");
});
root.addEventListener("dragleave", () => root.classList.remove("is-target"));
root.addEventListener("drop", (event) => {
  event.preventDefault();
  root.classList.remove("is-target");
  send(event.dataTransfer.files[0]);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || !element.offsetParent) return;
  event.preventDefault();
  text.focus();
  text.select();
});
text.addEventListener("keydown", (event) => event.key === "Escape" && text.blur());

// Below it: what to try, the words of the query to strike out, notes.

const examples = el("div", { class: "search-examples" });
const strike = el("div", { class: "search-words", role: "group", "aria-label": W.strike });
const notes = el("div", { class: "search-notes" });
const bar = el("div", { class: "search-bar", role: "group", "aria-label": W.options });
root.append(form, hint, chosen, examples, strike, notes, bar);

function chip(label, act, options) {
  return el("button", { type: "button", class: "chip", onclick: act, ...options }, label);
}

function drawChosen({ like, upload: own, weight: share }) {
  const picture = like || own;
  chosen.hidden = !picture;
  if (!picture) return chosen.replaceChildren();
  const name = like ? say(W.like, { name: like.title }) : W.own_picture;
  chosenPicture.src = picture.thumbnail;
  chosenName.textContent = name;
  weight.node.hidden = !share;
  if (share) weight.update(share);
  if (!chosen.contains(chosenName)) {
    chosen.replaceChildren(chosenPicture, chosenName, weight.node, removePicture);
  }
}

function drawExamples(value) {
  examples.hidden = !value.examples.length && !value.captions.length;
  const search = (q) => () => go({ tab: "search", q, like: null, upload: null, scene: null });
  const group = (label, queries) => queries.length
    ? [el("div", { class: "search-group" },
      el("span", { class: "search-label" }, label), queries.map((q) => chip(q, search(q))))]
    : [];
  examples.replaceChildren(
    ...group(W.examples, value.examples), ...group(W.own_captions, value.captions));
}

function drawWords(words) {
  strike.hidden = words.length < 2;
  const dropped = new Set(words.flatMap((word, i) => (word.dropped ? [i] : [])));
  const toggle = (i) => {
    dropped.has(i) ? dropped.delete(i) : dropped.add(i);
    if (dropped.size < words.length) go({ drop: [...dropped].sort((a, b) => a - b).join(",") });
  };
  strike.replaceChildren(
    el("span", { class: "search-label" }, W.strike),
    ...words.map((word, i) => chip(word.text, () => toggle(i), {
      class: "chip word", "aria-pressed": String(word.dropped), title: word.title,
      style: word.weight === null ? null : `--weight: ${word.weight.toFixed(2)}`,
    })));
}

function drawNotes(list, cue) {
  const all = cue ? [cue, ...list] : list;
  notes.replaceChildren(...all.map((note) =>
    el("p", { class: "note", data: { kind: note.kind }, role: note.kind === "error" ? "alert" : null },
      note.text)));
}

// How many, which, and how they are reranked.

// A labelled range; the address follows while it moves, without a step in the history for each.
function slider({ name, label, title }) {
  const id = "option-" + name;
  const shown = el("output", { for: id });
  const input = el("input", { type: "range", id, title });
  let spec = {};
  const tell = () => {
    const none = spec.text_at_least && Number(input.value) === spec.min;
    shown.textContent = none ? spec.text_at_least : input.value;
  };
  input.addEventListener("input", () => {
    tell();
    go({ [name]: Number(input.value) === spec.initial ? null : input.value }, { replace: true });
  });
  const node = el("div", { class: "slider" }, el("label", { for: id, title }, label), input, shown);
  const update = (next) => {
    spec = next;
    Object.assign(input, { min: next.min, max: next.max, step: next.step });
    // While a person moves it, it is theirs, and the answers come after.
    if (document.activeElement !== input) input.value = next.value;
    tell();
  };
  return { node, update };
}

function choice({ name, label }) {
  const id = "option-" + name;
  const select = el("select", { id });
  let spec = {};
  select.addEventListener("change", () =>
    go({ [name]: select.value === spec.initial ? null : select.value }));
  const node = el("div", { class: "choice" }, el("label", { for: id }, label), select);
  const update = (next) => {
    spec = next;
    select.replaceChildren(...next.items.map((item) =>
      el("option", { value: item.value, selected: item.value === next.value }, item.text)));
  };
  return { node, update };
}

const weight = slider({ name: "w", label: W.weight });
const tag = el("span", { class: "tag" }, W.changed);
const reset = el("button", { type: "button", class: "quiet-button" }, W.defaults);
const bankNote = el("p", { class: "tuning-note" });
const fields = el("div", { class: "tuning-fields" });
const tuning = el("details", { class: "tuning" },
  el("summary", null, el("span", null, W.tuning), tag),
  el("div", { class: "tuning-body" }, fields, reset, bankNote));
const chosenPicture = el("img", { alt: "", width: 56, height: 56 });
const chosenName = el("span", { class: "search-chosen-name" });
const removePicture = chip(W.remove_picture, () =>
  go({ like: null, upload: null, w: null, find: null, scene: null }));
let controls = new Map(); // name -> {node, update}
let resets = {};
reset.addEventListener("click", () => {
  document.activeElement?.blur();
  go(resets);
});

// Controls are made anew only when others are wanted, so that one can be held while answers come.
function drawBar({ options }) {
  bar.hidden = !options;
  if (!options) return;
  const outer = [...options.choices, ...options.sliders];
  const inner = [...options.tuning.choices, ...options.tuning.sliders];
  const names = [...outer, ...inner].map((spec) => spec.name);
  if (names.join() !== [...controls.keys()].join()) {
    const make = (spec) => [spec.name, spec.items ? choice(spec) : slider(spec)];
    controls = new Map([...outer, ...inner].map(make));
    fields.replaceChildren(...inner.map((spec) => controls.get(spec.name).node));
    bar.replaceChildren(...outer.map((spec) => controls.get(spec.name).node), tuning);
  }
  for (const spec of [...outer, ...inner]) controls.get(spec.name).update(spec);
  resets = Object.fromEntries(inner.map((spec) => [spec.name, null]));
  tag.hidden = reset.disabled = !options.tuning.changed;
  bankNote.textContent = options.tuning.note;
}

function draw() {
  const value = props.value;
  if (!value) return;
  if (value.problem) return complain(value.problem);
  if (value.text !== asked) text.value = asked = value.text; // else one may be typing on
  drawChosen(value);
  drawExamples(value);
  drawWords(value.words);
  drawNotes(value.notes, value.cue);
  if (value.only) {
    notes.append(el("p", { class: "note", data: { kind: "info" } },
      say(W.only, { n: value.only }), " ", chip(W.only_remove, () => go({ only: null }))));
  }
  drawBar(value);
}
draw();
watch("value", draw);
