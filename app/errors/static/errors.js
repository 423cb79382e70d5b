// Errors, last part: what is compared, the table, the ledger, and which list is shown.
// props.value: see `errors_view` in app/errors/view.py. Everything a person sets goes to the address.
const bar = el("div", { class: "errors-bar" });
const problem = el("p", { class: "note", hidden: true, role: "alert" });
const waiting = el("div", { class: "errors-waiting", hidden: true });
const whole = el("div", { class: "errors-whole", hidden: true });
root.append(bar, problem, waiting, whole);

// What is compared.

function stageChoice(name, value) {
  const id = "errors-" + name;
  const initial = name === "before" ? "aligned" : "smr";
  const select = el("select", { id, data: { focus: id } }, value.bar.stages.map((stage) =>
    el("option", { value: stage.value, selected: stage.value === value.bar[name] }, stage.text)));
  select.addEventListener("change", () =>
    go({ [name]: select.value === initial ? null : select.value, from: null }));
  return el("div", { class: "choice" }, el("label", { for: id }, W[name]), select);
}

function radios(label, name, { value, items }, initial, visible = true) {
  return el("div", { class: "errors-choice" },
    visible ? el("span", { class: "errors-label", "aria-hidden": "true" }, label) : null,
    el("div", { class: "errors-radios", role: "group", "aria-label": label }, items.map((item) =>
      button(item.text, () => go({ [name]: item.value === initial ? null : item.value, from: null }), {
        class: "errors-radio", "aria-pressed": String(item.value === value), key: name + item.value,
      }))));
}

function drawBar(value) {
  const { before, after } = value.bar;
  const swap = button("⇄", () => go({
    before: after === "aligned" ? null : after, after: before === "smr" ? null : before, from: null,
  }), { "aria-label": W.swap, title: W.swap, class: "quiet-button errors-swap" });
  const files = el("div", { class: "errors-choice errors-files" },
    el("span", { class: "errors-label", "aria-hidden": "true" }, W.save),
    Object.entries(W.formats).map(([name, text]) => button(text, () => save(name), {
      "aria-label": W.save_spoken[name], title: W.save_spoken[name], disabled: !value.table,
    })));
  bar.hidden = Boolean(value.problem);
  bar.replaceChildren(
    el("div", { class: "errors-stages" }, stageChoice("before", value), swap, stageChoice("after", value)),
    radios(W.direction, "dir", value.bar.direction, "t2i"),
    radios(W.within, "within", value.bar.within, "1"), files);
}

let saves = 0;
function save(format) {
  saves += 1;
  announce(W.saving);
  trigger("save", { format, params: here(), verdicts: verdicts(), count: saves });
}

// The table and the ledger.

function tableSection(value) {
  const figure = gainScale(value.table);
  const cell = ({ text, spread }) => el("td", null,
    el("span", { class: "errors-value" }, text), el("span", { class: "errors-spread" }, spread));
  const row = (one) => el("tr", { data: { name: one.name } },
    el("th", { scope: "row" }, one.label), cell(one.before), cell(one.after), cell(one.gain),
    el("td", { class: "errors-figure" }, figure(one)),
    el("td", { class: "errors-word" }, el("span", { class: "move", data: { kind: one.gain.kind } },
      el("span", { "aria-hidden": "true" }, sign(one.gain.kind) + " "), one.gain.said)),
    el("td", { class: "errors-equal" }, one.equal.join(" → ")));
  return el("section", { class: "errors-recall" },
    el("h2", null, W.table),
    el("p", { class: "errors-help" }, `${value.sizes}. ${W.table_help}`),
    scroll(W.table, el("table", { class: "errors-table" },
      el("caption", { class: "visually-hidden" }, W.gain_alt),
      el("thead", null, el("tr", null,
        el("th", { scope: "col" }, W.metric), el("th", { scope: "col" }, value.titles[0]),
        el("th", { scope: "col" }, value.titles[1]),
        el("th", { scope: "col", colspan: 3, title: W.gain_said_help }, W.gain),
        el("th", { scope: "col", title: W.equal_help }, W.equal))),
      el("tbody", null, value.table.map(row)))));
}

function ledgerSection(value) {
  const { flow } = value;
  const choose = (name) => go({ part: null, cell: name === "fixed" ? null : name, from: null });
  const cells = flow.cells.map((cell) => el("button", {
    type: "button", class: "errors-cell", title: cell.help, "aria-pressed": String(cell.chosen),
    onclick: () => choose(cell.name), data: { cell: cell.name, focus: "cell " + cell.name },
  },
  el("span", { class: "errors-cell-name" },
    el("span", { class: "errors-cell-sign", "aria-hidden": "true" }, W.cell_signs[cell.name] + " "), cell.label),
  el("span", { class: "errors-cell-count" }, cell.count),
  el("span", { class: "errors-cell-share" }, cell.share)));
  return el("section", { class: "errors-ledger" },
    el("h2", null, flow.title),
    flowFigure(flow, value.titles, choose),
    el("div", { class: "errors-cells" }, cells),
    el("p", { class: "errors-net" }, flow.net));
}

// Measuring: the page asks again while it is shown and the person has not stopped it.

let stopped = ""; // the comparison that the person has stopped
let again = 0;
let asks = 0; // the answer repeats it: two answers alike are none to Gradio, and asking would end
const here = () => Object.fromEntries(new URLSearchParams(location.search));

function ask() {
  if (stopped || !props.value?.progress) return;
  asks += 1;
  if (root.offsetParent) trigger("ask", { params: here(), count: asks });
  else again = setTimeout(ask, 1000);
}

function drawWaiting({ progress, titles }) {
  waiting.hidden = !progress;
  clearTimeout(again);
  if (!progress || stopped !== titles.join()) stopped = "";
  if (!progress) return;
  const meter = el("progress", { "aria-label": progress.text, max: progress.total || null,
    value: progress.total ? progress.done : null });
  const resume = () => {
    stopped = stopped ? "" : titles.join();
    drawWaiting(props.value);
  };
  waiting.replaceChildren(...[
    el("p", { role: "status" }, stopped ? W.stopped : progress.text), stopped ? null : meter,
    button(stopped ? W.go_on : W.stop, resume, { key: "stop" })].filter(Boolean));
  if (!stopped) again = setTimeout(ask, 300);
}

const PARTS = { cases: drawCases, classes: drawClasses, hubs: drawHubs, review: drawReview };

function draw() {
  const value = props.value;
  if (!value) return;
  const focus = root.contains(document.activeElement) && document.activeElement.dataset.focus;
  problem.hidden = !value.problem;
  problem.textContent = value.problem || "";
  drawBar(value);
  drawWaiting(value);
  whole.hidden = !value.table;
  if (value.table) {
    const inside = el("section", { class: "errors-part", "aria-label": W.parts[value.part] },
      PARTS[value.part](value));
    whole.replaceChildren(...[
      value.notes.length
        ? el("div", { class: "errors-notes" }, value.notes.map((text) =>
          el("p", { class: "note", data: { kind: "info" } }, text))) : null,
      el("div", { class: "errors-top" }, tableSection(value), ledgerSection(value)),
      radios(W.parts_label, "part", value.bar.part, "cases", false),
      inside,
      el("footer", { class: "errors-foot" }, el("p", null, value.caution), el("p", null, value.foot)),
    ].filter(Boolean));
  }
  if (focus) root.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}
let last = "";
function changed() {
  const now = JSON.stringify(props.value);
  if (now === last && !props.value?.progress) return;
  last = now;
  draw();
}
changed();
watch("value", changed);
