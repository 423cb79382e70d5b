// Errors: what two rankings do to the gallery's own queries, and which list of them is shown.
// props.value: see `ErrorsShown` in app/errors/contract.py. Everything a person sets goes to the address.
import { makeChart } from "../../kit/static/chart.js";
import { el, refill } from "../../kit/static/dom.js";
import { go, here } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { drawBar } from "./errors-bar.js";
import { drawCases } from "./errors-cases.js";
import { drawClasses } from "./errors-classes.js";
import { ledger } from "./errors-flow.js";
import { drawHubs } from "./errors-hubs.js";
import { radios } from "./errors-parts.js";
import { drawReview } from "./errors-review.js";
import { recallTable } from "./errors-table.js";
import { verdicts } from "./errors-verdicts.js";
import { waitingBox } from "./errors-waiting.js";

const PARTS = { cases: drawCases, classes: drawClasses, hubs: drawHubs, review: drawReview };

export function mount({ root, props, trigger, watch, words, settings }) {
  const bar = el("div", { class: "errors-bar" });
  const problem = el("p", { class: "note", hidden: true, role: "alert" });
  const waiting = waitingBox({ root, words, value: () => props.value,
    ask: (params, count) => trigger("ask", { params, count }) });
  const whole = el("div", { class: "errors-whole", hidden: true });
  root.append(bar, problem, waiting.node, whole);

  const stage = {
    words, settings, draw, value: () => props.value,
    sorted: { by: "change", down: false }, // of the table of classes
    side: "after", // of the confusion
    confusion: makeChart({
      link: settings.plotly, name: "errors-confusion",
      chosen({ x, y }) { // a cell, by the numbers of its classes
        const { names } = props.value.classes;
        stage.showWrong({ of: names[y], hit: names[x] });
      },
    }),
    // Into the address; what is as if left out, is.
    change(params, options) {
      const set = ([name, value]) => [name, String(value) === settings.initial[name] ? null : value];
      go(Object.fromEntries(Object.entries(params).map(set)), options);
    },
    showWrong(params) {
      stage.change({ part: null, cell: "wrong", of: null, hit: null, from: null, ...params });
    },
  };

  let saves = 0;
  function save(format) {
    saves += 1;
    announce(words.saving);
    const said = verdicts(props.value.version, Object.keys(words.verdicts));
    trigger("save", { format, params: here(), verdicts: said, count: saves });
  }

  function draw() {
    const value = props.value;
    if (!value) return;
    const focus = root.contains(document.activeElement) && document.activeElement.dataset.focus;
    problem.hidden = !value.problem;
    problem.textContent = value.problem || "";
    drawBar(bar, value, stage, save);
    waiting.draw(value);
    whole.hidden = !value.table;
    if (value.table) refill(whole, drawWhole(value, stage));
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
}

function drawWhole(value, stage) {
  const { words } = stage;
  return [
    value.notes.length
      ? el("div", { class: "errors-notes" }, value.notes.map((text) =>
        el("p", { class: "note", data: { kind: "info" } }, text))) : null,
    el("div", { class: "errors-top" }, recallTable(value, stage), ledger(value, stage)),
    radios(words.parts_label, "part", value.bar.part, stage, { visible: false }),
    el("section", { class: "errors-part", "aria-label": words.parts[value.part] },
      PARTS[value.part](value, stage)),
    el("footer", { class: "errors-foot" }, el("p", null, value.caution), el("p", null, value.foot)),
  ];
}
