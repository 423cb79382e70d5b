// A visitor's own pictures: a button in the header, a dialog to hand them in, and how far they are.
// props.value: see `AddingShown` in app/adding/contract.py.
import { el, refill, say } from "../../kit/static/dom.js";
import { isArchive } from "../../kit/static/given.js";
import { announce } from "../../kit/static/speak.js";
import { openGallery } from "../../kit/static/switcher.js";
import { ask, chosen, dropped, send } from "./adding-send.js";
import { keeping, publicSets, refusedList, saidSize, saidTime } from "./adding-parts.js";

const AGAIN = 1000; // milliseconds between two questions while something happens
const BUSY = ["waiting", "preparing"];

export function mount({ root, props, watch, words }) {
  const quiet = (text, act, more) =>
    el("button", { type: "button", class: "quiet-button", onclick: act, ...more }, text);
  const open = quiet(words.add, () => show());
  const files = el("input", { type: "file", multiple: true, hidden: true });
  const folder = el("input", { type: "file", webkitdirectory: true, hidden: true });
  const limits = el("p");
  const sentence = el("p", { class: "adding-sentence", role: "status" });
  const bar = el("progress", { class: "adding-bar", "aria-label": words.title, hidden: true });
  const stop = quiet(words.stop, () => act("stop"));
  const resume = quiet(words.go_on, () => act("resume"));
  const forget = quiet(words.forget, () => act("forget"));
  const search = el("button", { type: "button", class: "main-button", onclick: () => visit() }, words.open);
  const told = el("div", { class: "adding-told" });
  const keep = keeping(words, (path) => act("keep", JSON.stringify({ folder: path })));
  const sets = publicSets(words, (data) => ask("open", JSON.stringify({ set: data }))
    .then(({ gallery }) => openGallery(`${props.value.root || "./"}g/${gallery}/`), complain));
  const drop = el("div", { class: "adding-drop" }, el("p", null, words.drop),
    el("div", { class: "adding-choose" },
      quiet(words.choose_files, () => files.click()), quiet(words.choose_folder, () => folder.click())));
  const dialog = el("dialog", { class: "adding-dialog", "aria-labelledby": "adding-title" },
    el("header", null, el("h2", { id: "adding-title" }, words.title),
      quiet("×", () => dialog.close(), { "aria-label": words.close })),
    el("p", null, words.lead), limits, el("p", null, words.yours_alone),
    drop, files, folder, sentence, bar,
    el("div", { class: "adding-acts" }, search, stop, resume, forget), told, keep.node, sets.node);
  document.body.append(dialog);

  let state = null; // the latest `AddingState`
  let sending = false;
  let halted = false;
  let rest = []; // files that were not sent before a stop
  let timer = 0;
  let opens = false; // the gallery, once it is ready: somebody waits for it

  // The header is another component, and may be there later.
  (function place() {
    const slot = document.querySelector(".header-slot");
    slot ? slot.append(open) : requestAnimationFrame(place);
  })();

  function show() {
    if (!dialog.open) dialog.showModal();
  }

  function visit() {
    const { root: first } = props.value;
    props.value.here ? location.reload() : openGallery(`${first || "./"}g/${state.gallery}/`);
  }

  function draw() {
    const value = props.value;
    open.hidden = !value?.offered;
    if (!value) return;
    limits.textContent = value.limits;
    sets.draw(value.sets);
    if (!state && value.state) hear(value.state);
    drawState();
  }

  function drawState() {
    const phase = sending ? "sending" : state?.phase || "";
    sentence.textContent = sending ? sentence.textContent : state?.sentence || "";
    sentence.dataset.phase = phase;
    bar.hidden = !(sending || BUSY.includes(phase));
    if (!sending && state?.total && state.done) [bar.max, bar.value] = [state.total, state.done];
    else if (!sending) bar.removeAttribute("value");
    stop.hidden = !(sending || BUSY.includes(phase));
    resume.hidden = phase !== "stopped";
    forget.hidden = sending || !state || phase === "gone";
    search.hidden = sending || !state?.gallery;
    drop.hidden = sending || BUSY.includes(phase);
    refill(told, refusedList(state), (state?.notes || []).map((note) => el("p", null, note)));
    keep.draw(Boolean(props.value?.keeps && state?.phase === "ready"), state?.kept || "");
  }

  function hear(now) {
    const before = state?.phase;
    state = now;
    clearTimeout(timer);
    if (state && BUSY.includes(state.phase)) timer = setTimeout(look, AGAIN);
    if (state?.phase !== before && state?.sentence) announce(state.sentence);
    drawState();
    if (opens && state?.phase === "ready") {
      opens = false;
      // Where something was left out, a person reads that first.
      if (!state.refused.length) visit();
    }
    if (before && state?.phase === "gone" && props.value.here) location.assign(props.value.root);
  }

  async function look() {
    await ask("state").then(hear, () => { timer = setTimeout(look, 5 * AGAIN); });
  }

  async function act(what, body = "{}") {
    if (sending && what === "stop") halted = true;
    if (what === "forget") rest = [];
    if (what === "resume" && rest.length) return give(rest);
    opens = what === "resume" || (opens && what !== "stop");
    await ask(what, body).then(hear, complain);
  }

  function complain(error) {
    sending = false;
    drawState();
    sentence.textContent = error instanceof TypeError ? words.lost : error.message;
    sentence.dataset.phase = "failed";
    announce(sentence.textContent);
  }

  async function give(list) {
    if (!list.length || sending) return;
    show();
    const total = list.reduce((sum, { file, at = 0 }) => sum + file.size - at, 0);
    const began = performance.now();
    [sending, halted, bar.max, bar.value] = [true, false, total || 1, 0];
    const tell = (sent) => {
      bar.value = sent;
      const spent = (performance.now() - began) / 1000;
      const left = sent && spent > 2 && sent < total ? saidTime((total - sent) * spent / sent) : "";
      const given = { done: saidSize(sent), total: saidSize(total), left };
      sentence.textContent = say(left ? words.sending_left : words.sending, given);
    };
    tell(0);
    drawState();
    try {
      await ask("begin", JSON.stringify({ files: list.length, bytes: total }));
      rest = await send(list, { slice: props.value.slice, tell, stopped: () => halted });
      sending = false;
      if (rest.length) return look();
      opens = true;
      hear(await ask("end", "{}"));
    } catch (error) {
      complain(error);
    }
  }

  for (const input of [files, folder]) {
    input.addEventListener("change", () => {
      give(chosen(input.files));
      input.value = "";
    });
  }
  // Anywhere on the page but on Search's own box and Look, which take one file as a question; one
  // picture beside them missed its field, and is no gallery either.
  document.addEventListener("drop", async (event) => {
    if (!props.value?.offered || !event.dataTransfer?.types.includes("Files")) return;
    const { items: [item], files: list } = event.dataTransfer;
    const one = !dialog.open && list.length === 1 && item.webkitGetAsEntry?.()?.isFile !== false;
    if (one && event.target.closest?.(".search, .look") && !isArchive(list[0])) return;
    if (one && /^image\/(?!tiff)/.test(item.type)) return;
    give(await dropped(event.dataTransfer));
  });
  draw();
  watch("value", draw);
}
