// P@10, nDCG@10 and success@1 of what a person judged, as cmpagl/judge/measures.py has them.
export const DEPTH = 10;
const RESAMPLES = 1000;

const MEASURES = ["P@10", "nDCG@10", "success@1"];

const dcg = (grades) => grades.reduce((sum, grade, i) => sum + (2 ** grade - 1) / Math.log2(i + 2), 0);

function figures(grades, ranked) {
  const own = ranked.slice(0, DEPTH).map((id) => grades[id] || 0);
  const best = Object.values(grades).sort((a, b) => b - a).slice(0, DEPTH);
  return [own.filter((grade) => grade > 0).length / DEPTH, dcg(own) / dcg(best), own[0] > 0 ? 1 : 0];
}

// Queries with a relevant result: their number n, the share of both columns' first ten that was judged,
// in percent, and per measure {before, after, change, run}, each {value, low, high} in percent; null
// without any. Always the same for the same judgments. ranked: a file's rankings, a query -> ids; a
// query that it lacks found nothing.
export function measure(judged, ranked) {
  const usable = judged.filter(({ grades }) => Object.values(grades).some((grade) => grade > 0));
  if (!usable.length) return null;
  const before = usable.map(({ grades, before: ranked }) => figures(grades, ranked));
  const after = usable.map(({ grades, after: ranked }) => figures(grades, ranked));
  const run = usable.map(({ query, grades }) => figures(grades, ranked?.get(query) || []));
  const change = after.map((row, i) => row.map((value, m) => value - before[i][m]));
  const random = numbers(1);
  const draws = Array.from({ length: RESAMPLES }, () =>
    usable.map(() => Math.floor(random() * usable.length)));
  const told = (rows) => (m) => {
    const mean = (which) => (100 * which.reduce((sum, i) => sum + rows[i][m], 0)) / which.length;
    const drawn = draws.map(mean).sort((a, b) => a - b);
    return { value: mean(rows.map((_, i) => i)), low: drawn[Math.floor(0.025 * RESAMPLES)],
      high: drawn[Math.ceil(0.975 * RESAMPLES) - 1] };
  };
  const first = usable.flatMap((one) =>
    [...new Set([...one.before, ...one.after])].map((id) => id in one.grades));
  return { n: usable.length, share: (100 * first.filter(Boolean).length) / Math.max(1, first.length),
    rows: MEASURES.map((name, m) =>
      ({ name, before: told(before)(m), after: told(after)(m), change: told(change)(m),
        run: told(run)(m) })) };
}

// A generator of numbers from 0 to 1 with a seed (mulberry32), so that intervals do not flicker.
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
