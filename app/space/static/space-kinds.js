// Colourings: what a colour tells apart, and by which colour, shape and size.

// The colourings that there is material for by now.
export function colourings(points, words, query) {
  return Object.keys(words.colours).filter((name) => {
    if (name === "class") return points.names?.classes.length;
    if (name === "hit") return points.hubness && points.d > 0;
    if (name === "hubness") return points.hubness;
    return name !== "rank" || query;
  });
}

// Each point's kind by number in `of`; what is told of each kind in `list`.
export function kindsOf(points, colour, words, query) {
  const { labels, kind } = colouring(points, colour, words, query);
  const of = Int16Array.from({ length: points.size }, (_, i) => kind(i));
  const counts = new Array(labels.length).fill(0);
  for (const one of of) counts[one] += 1;
  return { of, list: labels.map((label, number) => ({ label, number, count: counts[number] })) };
}

function colouring(points, colour, words, query) {
  if (colour === "class" && points.names) {
    const { classes } = points.names;
    const kind = (i) => {
      const own = points.classNumber(i);
      return own < 0 ? classes.length : own;
    };
    return { labels: [...classes, words.no_class], kind };
  }
  if (colour === "rank") {
    const ranks = new Map((query?.hits || []).map((item, place) => [item, place + 1]));
    const kind = (i) => (ranks.has(i) ? (ranks.get(i) === 1 ? 0 : ranks.get(i) <= 10 ? 1 : 2) : 3);
    return { labels: words.rank, kind };
  }
  if (colour === "hubness") return { labels: words.hubness, kind: (i) => points.hubLevel[i] };
  if (colour === "hit") {
    const kind = (i) => {
      const rank = points.ownRank[i];
      return rank === 0 ? 3 : rank === 1 ? 0 : rank <= 10 ? 1 : 2;
    };
    return { labels: words.hit, kind };
  }
  return { labels: [words.images, words.texts], kind: (i) => (points.isImage(i) ? 0 : 1) };
}

// How a kind looks: {colour, shape, size}. What carries no colour of its own is null, and grey.
export function looksOf(palette, colour, number, dark) {
  const { light, dark: night, shapes = ["circle"], sizes = [] } = palette[colour];
  const colours = dark ? night : light;
  return {
    colour: colours[number % colours.length],
    shape: shapes[Math.floor(number / colours.length) % shapes.length],
    size: sizes[number] ?? 1,
  };
}

// The mark of a point. Where shapes tell classes apart, captions are open; else they are diamonds.
export const markOf = (colour, shape, image) =>
  (image ? shape : colour === "class" ? `${shape}-open` : "diamond");
