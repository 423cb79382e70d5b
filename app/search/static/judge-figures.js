// What judged queries say of both columns, and of a file's rankings beside them: measured in Python
// (app/search/judging.py), which is sent numbers alone, neither a query's words nor a scene's name.
import { el, refill } from "../../kit/static/dom.js";
import { saveText } from "../../kit/static/files.js";
import { table } from "../../kit/static/table.js";

// A judged query as `Graded` in app/search/kept_contract.py; see `JudgedShown` there for what it is here.
function graded({ query, grades, before, after }, ranked, depth) {
  const numbers = new Map();
  const number = (id) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return numbers.get(id);
  };
  const [first, second, third] = [before, after, ranked?.get(query) || []]
    .map((ids) => ids.slice(0, depth).map(number));
  Object.keys(grades).forEach(number);
  return { before: first, after: second, run: third, grades: [...numbers.keys()].map((id) => grades[id] ?? null) };
}

// Gives {node, ask(judged, run), save(judged, run, name), clear()}; run: {name, ranked}, a query -> ids;
// or null. failed(why): one of the words.
export function makeFigures({ props, trigger, watch, words, settings, failed }) {
  const node = el("div", { class: "judge-figures" });
  let [count, cleared, file] = [0, 0, null]; // the last question, that whose answer is too late, {name, count}

  function send(judged, run, wanted) {
    const { depth, most_queries: most, most_bytes: bytes } = settings;
    count += 1;
    const question = { judged: judged.map((one) => graded(one, run?.ranked, depth)),
      run: run && run.name, file: wanted, count };
    if (judged.length > most || JSON.stringify(question).length > bytes) return failed("judge_large");
    trigger("measure", question);
  }

  watch("value", () => {
    const { value } = props;
    if (!value) return;
    if (file && value.count === file.count) {
      saveText(value.file, file.name, "results");
      file = null;
    }
    if (value.count !== count || count === cleared) return;
    refill(node, value.table ? table(value.table, { spoken: false }) : el("p", null, words.judge_nothing));
  });

  return {
    node,
    ask: (judged, run) => send(judged, run, false),
    save(judged, run, name) {
      send(judged, run, true);
      file = { name, count };
    },
    clear() {
      cleared = count;
      refill(node);
    },
  };
}
