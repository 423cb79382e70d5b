// The drawer of what a person keeps, and the box that puts a tag on a scene.
// props.value: see `Keeping` in app/search/kept_contract.py.
import { el, refill, say } from "../../kit/static/dom.js";
import { save } from "../../kit/static/files.js";
import { go } from "../../kit/static/go.js";
import { counted } from "../../kit/static/numbers.js";
import { fileButtons } from "./kept-files.js";
import { isNow, searched } from "./kept-search.js";
import { change, inBrowser, keepWith, kept, keptFor, keptIs, onFound, onKept } from "./kept-state.js";
import { makeUndo } from "./kept-undo.js";
import { makeTagBox } from "./tag-box.js";

const LATEST = 20; // of the history that is shown
const REST = 250; // milliseconds: what stands for less was on the way to something else

let found = []; // versions of the results that are shown

export function mount({ root, props, trigger, watch, words, settings }) {
  const parts = { tags: el("div"), searches: el("div"), history: el("ol", { class: "drawer-history" }) };
  const where = el("p", { class: "drawer-where" });
  const problem = el("p", { class: "note", data: { kind: "error" }, role: "alert", hidden: true });
  const gone = makeUndo(words);
  const file = el("input", { type: "file", accept: ".json,application/json", hidden: true });
  const drawer = el("dialog", { class: "drawer", "aria-label": words.title },
    el("header", null, el("h2", null, words.title),
      el("button", { type: "button", class: "detail-close", "aria-label": words.close,
        onclick: () => drawer.close() }, "×")),
    where, problem, gone.node, parts.tags,
    el("h3", null, words.searches), saveForm(words), parts.searches,
    el("h3", null, words.history), parts.history,
    el("footer", null, quiet(words.take, () => take(props.value.gallery)),
      quiet(words.bring, () => file.click()), file));
  root.append(drawer);
  makeTagBox(words);
  document.addEventListener("explorer:collections", () => {
    drawer.showModal();
    draw(kept());
  });
  file.addEventListener("change", async () => {
    try {
      const content = JSON.parse(await file.files[0].text());
      if (!content.tags || !content.searches) throw new Error();
      change({ op: "bring", content });
    } catch {
      complain(words.bad_file);
    }
    file.value = "";
  });

  function complain(sentence) {
    problem.textContent = sentence;
    problem.hidden = !sentence;
  }

  let browser = false;
  const early = []; // what was changed before it is known who keeps it
  function read() {
    const value = props.value;
    if (!value) return;
    complain(value.problem);
    keptFor(value.gallery, settings);
    if (value.kept) {
      where.textContent = value.added ? words.where_added : words.where_file;
      keepWith(send);
      keptIs(value.kept);
    } else if (!browser) {
      browser = true;
      where.textContent = words.where_browser;
      keepWith(inBrowser(value.gallery, complain));
      for (const asked of [...early, { op: "read" }]) change(asked);
    }
  }
  const send = (asked) => trigger("keep", asked);
  keepWith((asked) => {
    early.push(asked);
    send(asked);
  });
  // Drawn while it is open alone: what is kept may be much.
  function draw(now) {
    refill(parts.tags, now.tags.length ? now.tags.map((tag) => tagShown(tag, words, { complain, gone: gone.offer }))
      : el("p", { class: "drawer-empty" }, words.empty));
    refill(parts.searches, now.searches.map((one) =>
      searchShown(one, words, { close: () => drawer.close(), gone: gone.offer })));
    const asked = new Map(); // what reads alike is there once, as it was asked last
    for (const params of now.history) {
      const said = told(params, words);
      if (!asked.has(said)) asked.set(said, params);
    }
    refill(parts.history, [...asked].slice(0, LATEST).map(([said, params]) => el("li", null,
      link(said, () => run(params, () => drawer.close())))));
  }
  onKept((now) => drawer.open && draw(now));
  drawer.addEventListener("close", () => {
    gone.clear();
    Object.values(parts).forEach((part) => part.replaceChildren());
  });
  watch("value", read);
  read();

  // What another window of this person's has changed meanwhile; what is being typed stays.
  window.addEventListener("focus", () => {
    if (props.value && !document.activeElement?.closest("input, textarea")) change({ op: "read" });
  });

  // A search that is shown for a while is remembered; the first also asks for what is kept.
  let timer = 0;
  onFound(({ versions }) => {
    found = versions;
    clearTimeout(timer);
    timer = setTimeout(remember, REST);
  });
  function remember() {
    const params = searched();
    if ((params.q || params.like) && !document.querySelector("dialog.judge[open]")) change({ op: "asked", params });
    else change({ op: "read" });
  }
}

const quiet = (label, act) => el("button", { type: "button", class: "quiet-button", onclick: act }, label);
const link = (label, act) => el("button", { type: "button", class: "drawer-link", onclick: act }, label);

// In the layout that is shown.
function run(params, close) {
  close();
  const none = Object.fromEntries(Object.keys({ ...searched(), tab: "", scene: "", upload: "" }).map((name) => [name, null]));
  go({ ...none, ...params });
}

function told({ q, like, not, marks }, words) {
  const asked = [q, like && say(words.like, { name: like })].filter(Boolean).join(" + ") || words.picture;
  return [asked, not && say(words.without, { words: not }),
    marks && counted(words.taught, marks.split(".").length)].filter(Boolean).join(", ");
}

function tagShown(tag, words, { complain, gone }) {
  const note = el("textarea", { class: "drawer-note", rows: 1, placeholder: words.note_placeholder,
    "aria-label": say(words.note, { name: tag.name }), maxlength: 2000 });
  note.value = tag.note;
  note.addEventListener("change", () => change({ op: "note", name: tag.name, note: note.value }));
  return el("section", { class: "drawer-tag" },
    el("h3", null, el("span", { class: "tag-dot", data: { colour: tag.colour } }), tag.name, " ",
      el("small", null, counted(words.count, tag.scenes.length))),
    el("button", { type: "button", class: "quiet-button drawer-drop",
      "aria-label": say(words.drop_tag, { name: tag.name }),
      onclick: () => {
        change({ op: "drop_tag", name: tag.name });
        gone(say(words.dropped, { name: tag.name }), { tags: [tag] });
      } }, "×"),
    note,
    el("ul", { class: "drawer-scenes" }, tag.scenes.map(({ version, id }) => el("li", null,
      el("button", { type: "button", "aria-label": say(words.show, { name: id }),
        onclick: () => go({ scene: id }) },
      el("img", { src: `scenes/0/thumbnail?v=${version}`, alt: "", width: 56, height: 56, loading: "lazy" })),
      el("button", { type: "button", class: "drawer-remove",
        "aria-label": say(words.remove, { name: id, tag: tag.name }),
        onclick: () => {
          change({ op: "untag", name: tag.name, version });
          gone(say(words.taken_out, { name: id, tag: tag.name }), { tags: [{ ...tag, scenes: [{ version, id }] }] });
        } }, "×")))),
    el("div", { class: "drawer-acts" }, el("small", null, words.save), fileButtons(tag, words, complain)));
}

function searchShown({ name, params, seen }, words, { close, gone }) {
  const now = isNow({ params });
  const fresh = now ? found.filter((version) => !seen.includes(version)).length : 0;
  return el("p", { class: "drawer-search" },
    link(name, () => run(params, close)),
    now ? el("small", null, fresh ? say(words.new, { n: fresh }) : words.nothing_new) : null,
    el("button", { type: "button", class: "drawer-remove",
      "aria-label": say(words.drop_search, { name }),
      onclick: () => {
        change({ op: "drop_search", name });
        gone(say(words.dropped, { name }), { searches: [{ name, params, seen }] });
      } }, "×"));
}

function saveForm(words) {
  const name = el("input", { type: "text", id: "search-name", class: "bench-not", maxlength: 200,
    "aria-label": words.search_name, placeholder: words.search_name });
  const form = el("form", { class: "drawer-save" }, name,
    el("button", { type: "submit", class: "quiet-button" }, words.save_search));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!name.value.trim()) return;
    change({ op: "save_search", name: name.value.trim(), params: searched(), seen: found });
    name.value = "";
  });
  return form;
}

function take(gallery) {
  const text = JSON.stringify(kept(), null, 1);
  save(new Blob([text], { type: "application/json" }), `${gallery.replace(/[^\w-]+/g, "_")}_collections.json`);
}
