// While the gallery's own queries are measured: how far it is, and stopping. The page asks again
// while it is shown and the person has not stopped it.
import { el, refill } from "../../kit/static/dom.js";
import { here } from "../../kit/static/go.js";
import { button } from "./errors-parts.js";

const [SOON, LATER] = [300, 1000]; // milliseconds to the next question, shown and not

// ask(params, count): count makes two answers alike differ, or asking would end.
export function waitingBox({ root, words, value, ask }) {
  const node = el("div", { class: "errors-waiting", hidden: true });
  let stopped = ""; // the comparison that the person has stopped
  let timer = 0;
  let asks = 0;

  function next() {
    if (stopped || !value()?.progress) return;
    asks += 1;
    if (root.offsetParent) ask(here(), asks);
    else timer = setTimeout(next, LATER);
  }

  function draw({ progress, titles }) {
    node.hidden = !progress;
    clearTimeout(timer);
    if (!progress || stopped !== titles.join()) stopped = "";
    if (!progress) return;
    const meter = () => el("progress", { "aria-label": progress.text, max: progress.total || null,
      value: progress.total ? progress.done : null });
    const toggle = () => {
      stopped = stopped ? "" : titles.join();
      draw(value());
    };
    refill(node,
      el("p", { role: "status" }, stopped ? words.stopped : progress.text), stopped ? null : meter(),
      button(stopped ? words.go_on : words.stop, toggle, { key: "stop" }));
    if (!stopped) timer = setTimeout(next, SOON);
  }
  return { node, draw };
}
