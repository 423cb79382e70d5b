// Coastlines, fetched beside the map: they lie below it when they come, and nothing waits for them.
// came() is called then.
export function coastlines(came) {
  let link = "";
  let lines = []; // [[[lon, lat], ...], ...]
  const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  return {
    lines: () => lines,
    load(next) {
      if (next === link) return;
      [link, lines] = [next, []];
      if (!next) return;
      fetch(next).then((answer) => (answer.ok ? answer.json() : [])).then((found) => {
        if (next !== link || !found.length) return;
        lines = found.map(pairs);
        came();
      }, () => {});
    },
  };
}
