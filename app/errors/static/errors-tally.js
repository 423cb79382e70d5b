// What this browser's verdicts make of recall: a sentence from Python, which is sent them and keeps none.
// props.value: see `TallyShown` in app/errors/contract.py.
import { el } from "../../kit/static/dom.js";
import { here } from "../../kit/static/go.js";

export const tally = el("p", { class: "errors-tally", role: "status" });

let asked = null; // the last question
let ask = () => {}; // until the component is mounted

// The sentence is of these verdicts, as soon as it is there.
export function countVerdicts(verdicts) {
  asked = { params: here(), verdicts, count: (asked?.count || 0) + 1 };
  ask(asked);
}

export function mount({ props, trigger, watch }) {
  ask = (question) => trigger("tally", question);
  if (asked) ask(asked);
  watch("value", () => {
    if (props.value?.count === asked?.count) tally.textContent = props.value.text;
  });
}
