// One question a tab at a time; of those that come meanwhile, such as a moving slider's, the last.
// (Gradio's "always_last" would repeat the data of the event that is running.)
const PATIENCE = 30000; // milliseconds after which an answer is not waited for

// send(tab, params, count) asks; `answered(tab)` is to be called when its answer has come; until then
// `waits(tab, count)` holds.
export function inTurn(send) {
  const asked = {}; // tab -> when, by a clock that nobody sets, while its answer is awaited
  const last = {}; // tab -> the number of its last question
  const waiting = {}; // tab -> the parameters to ask for next
  let count = 0;

  function ask(tab, params) {
    if (performance.now() - (asked[tab] ?? -PATIENCE) < PATIENCE) {
      waiting[tab] = params;
      return;
    }
    asked[tab] = performance.now();
    count += 1;
    last[tab] = count;
    send(tab, params, count);
  }

  function answered(tab) {
    delete asked[tab];
    const next = waiting[tab];
    delete waiting[tab];
    if (next) ask(tab, next);
  }

  const waits = (tab, number) => tab in asked && last[tab] === number;

  return { ask, answered, waits };
}
