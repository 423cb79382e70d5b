// The points as two plotly.js traces: captions below, pictures above, of each the large ones below
// the small. Two traces with arrays are redrawn in a fraction of the time that one a class takes.
import { looksOf, markOf } from "./space-kinds.js";

// A point's radius grows with the zoom in few steps: at each, every point is made anew.
const growth = (zoom) => Math.round(2 * Math.log2(Math.min(2.4, Math.max(1, zoom) ** 0.3)));
const radius = (size, step) => (size > 4000 ? 2.5 : size > 1200 ? 3.2 : 4.2) * 2 ** (step / 2);

// Give traces for what shows; the same arrays as long as they hold, which plotly.js notices.
// scene: {world, state, dark, zoom, lit}; lit: null where all are in colour, else whether one is.
export function tracer({ points, palette, type }) {
  let [key, groups] = [[], []];

  function traces({ world, state, dark, zoom, lit }) {
    const step = growth(zoom);
    const now = [world, state.kinds, state.solo, state.selected, dark, step];
    if (now.every((one, k) => one === key[k])) return groups.map(({ trace }) => trace);
    key = now;
    const looks = state.kinds.list.map(({ number }) => looksOf(palette, state.colour, number, dark));
    const look = (i) => looks[state.kinds.of[i]];
    const grey = palette.grey[dark ? "dark" : "light"];
    const colour = (i) => ((!lit || lit(i)) && look(i).colour) || grey;
    const base = 2 * radius(points.size, step);
    groups = [false, true].map((image) => {
      const [first, count] = image ? [0, points.n] : [points.n, points.d];
      const numbers = Array.from({ length: count }, (_, k) => first + k);
      const layer = Float32Array.from(numbers, (i) => look(i).size + (colour(i) === grey ? 10 : 0));
      numbers.sort((a, b) => layer[b - first] - layer[a - first]); // grey ones lie lowest
      const each = (what) => same(numbers.map(what));
      const open = state.colour === "class" && !image;
      const marker = {
        color: each(colour), symbol: each((i) => markOf(state.colour, look(i).shape, image)),
        size: each((i) => Math.round(2 * base * look(i).size * (image ? 1 : 0.9)) / 2),
        line: { width: open ? 1.2 : 0.6, color: dark ? "#161e1c" : "#ffffff" }, opacity: 1,
      };
      const trace = {
        type, mode: "markers", hoverinfo: "none", showlegend: false, selectedpoints: null,
        ...placesOf(numbers, world), marker,
      };
      return { numbers, trace };
    });
    return groups.map(({ trace }) => trace);
  }

  return {
    traces,
    number: (trace, k) => groups[trace].numbers[k],
    moved: (world) => groups.map(({ numbers }) => placesOf(numbers, world)),
  };
}

const same = (list) => (list.every((one) => one === list[0]) ? list[0] : list);

function placesOf(numbers, world) {
  return {
    x: Float32Array.from(numbers, (i) => world[2 * i]),
    y: Float32Array.from(numbers, (i) => world[2 * i + 1]),
  };
}

// For a figure that leaves the page: an empty trace a kind, so that plotly.js draws its legend.
export function legendTraces(kinds, palette, colour, dark) {
  return kinds.list.filter(({ count }) => count).map(({ label, number, count }) => {
    const looks = looksOf(palette, colour, number, dark);
    const caption = colour === "modality" && number === 1;
    return {
      type: "scatter", mode: "markers", x: [null], y: [null], showlegend: true,
      name: `${label} (${count})`,
      marker: {
        color: looks.colour || palette.grey[dark ? "dark" : "light"], size: 6 + 4 * looks.size,
        symbol: markOf(colour, looks.shape, !caption),
      },
    };
  });
}
