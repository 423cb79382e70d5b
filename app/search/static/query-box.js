// The query: one line of text, and a picture by button, paste or drop.
import { el } from "../../kit/static/dom.js";
import { isArchive, sendPicture } from "../../kit/static/given.js";
import { go } from "../../kit/static/go.js";

// begun(sentence): a picture is on its way; complain(sentence): it cannot be taken.
export function queryBox({ element, root, trigger, upload, words, settings, begun, complain }) {
  const text = el("input", {
    type: "search", id: "query", class: "search-text", placeholder: words.placeholder,
    maxlength: settings.max_text, autocomplete: "off", spellcheck: true, enterkeyhint: "search",
    "aria-describedby": "query-hint",
  });
  const file = el("input", { type: "file", accept: "image/*", hidden: true });
  const pick = el("button", { type: "button", class: "quiet-button", onclick: () => file.click() },
    words.picture);
  const ask = el("button", { type: "submit", class: "main-button" }, words.go);
  const form = el("form", { class: "search-form", role: "search" },
    el("label", { for: "query", class: "visually-hidden" }, words.query),
    el("div", { class: "search-box" }, text, pick, ask), file);
  const hint = el("p", { id: "query-hint", class: "visually-hidden" }, words.hint);

  let asked = ""; // the text of the last answer, or the one that was sent and is being answered
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asked = text.value.trim();
    go({ tab: "search", q: asked, drop: null, scene: null, find: null, marks: null });
  });
  text.addEventListener("search", () => text.value === "" && form.requestSubmit());
  text.addEventListener("keydown", (event) => event.key === "Escape" && text.blur());

  let lacking = null; // why no picture can be given
  async function send(picture) {
    if (lacking) return complain(lacking);
    const path = await sendPicture(picture,
      { upload, words, most: settings.max_bytes, begun, tell: complain });
    if (path) trigger("upload", { path });
  }
  file.addEventListener("change", () => {
    if (file.files.length) send(file.files[0]);
    file.value = "";
  });
  const shown = () => element.offsetParent; // not while another tab is
  takePasted(shown, send);
  takeDropped(root, send);
  takeSlash(shown, text);

  function show(query, lacks) {
    if (query !== asked) text.value = asked = query; // else one may be typing on
    text.disabled = ask.disabled = Boolean(lacks.words) && !query; // what is there can be taken off
    text.placeholder = lacks.words || words.placeholder;
    pick.disabled = Boolean(lacks.picture);
    pick.title = lacking = lacks.picture || "";
  }
  return { nodes: [form, hint], show };
}

function takePasted(shown, send) {
  document.addEventListener("paste", (event) => {
    const picture = [...(event.clipboardData?.files || [])].find((f) => f.type.startsWith("image/"));
    if (!picture || !shown()) return;
    event.preventDefault();
    send(picture);
  });
}

function takeDropped(root, send) {
  root.addEventListener("dragover", (event) => {
    event.preventDefault();
    root.classList.add("is-target");
  });
  root.addEventListener("dragleave", () => root.classList.remove("is-target"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("is-target");
    const [first, second] = event.dataTransfer.files;
    const added = second || isArchive(first); // by "Add pictures", where it is offered
    if (!added || !document.querySelector(".adding-dialog")) send(first);
  });
}

// The key / leads to the query, unless one is typing.
function takeSlash(shown, text) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || !shown()) return;
    event.preventDefault();
    text.focus();
    text.select();
  });
}
