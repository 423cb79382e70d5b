// The map, first part: its points, fetched once, and what is known of each.
// A point's number: pictures first, by their numbers, then the distinct captions.
const { el, say, go, announce, isDark, saveCsv, calm } = window.explorer;
const W = WORDS;
const root = element.querySelector(".map");

const TOP = 100; // ranks that the page is told
const GAP = 0.12; // between the two maps of the towers' features, in widths of one

const data = {
  version: "", n: 0, d: 0, size: 0,
  places: {}, // view -> Float32Array of x, y in 0..1 of its box, y downwards
  names: null, // {ids, versions, classes, class_of, captions, pairs: caption, image, caption, ...}
  hubness: null, ownRank: null, first: null, mean: [1, 1],
  captionsOf: [], imagesOf: [], // numbers of points; the second by caption from 0
};

const isImage = (i) => i < data.n;
const ranks = () => new Map((props.value.query?.hits || []).map((item, place) => [item, place + 1]));

async function get(url, kind) {
  const answer = await fetch(url, { headers: { Accept: "*/*" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer[kind]();
}

// Fetch what another index needs. The map can be moved as soon as the places are there, and used as
// soon as the names are; the figures of many points take the server longer.
async function load(value, whenPlaced, whenNamed, whenCounted) {
  const files = value.files;
  if (data.version === files.places) return;
  data.version = files.places;
  [data.n, data.d] = [value.images, value.captions];
  data.size = data.n + data.d;
  data.names = data.hubness = data.ownRank = data.first = null;
  const [names, figures] = [get(files.names, "json"), get(files.figures, "arrayBuffer")];
  for (const one of [names, figures]) one.catch(() => {});
  readPlaces(value, await get(files.places, "arrayBuffer"));
  whenPlaced();
  readNames(await names);
  whenNamed();
  readFigures(new Uint32Array(await figures));
  whenCounted();
}

function readPlaces(value, buffer) {
  const all = new Uint16Array(buffer);
  let at = 0;
  data.places = {};
  for (const view of value.views.filter((v) => v.there)) {
    const xy = new Float32Array(2 * data.size);
    for (let i = 0; i < xy.length; i += 2) {
      xy[i] = all[at + i] / 65535;
      xy[i + 1] = 1 - all[at + i + 1] / 65535;
    }
    at += xy.length;
    data.places[view.name] = xy;
  }
}

function readNames(names) {
  data.names = names;
  data.captionsOf = Array.from({ length: data.n }, () => []);
  data.imagesOf = Array.from({ length: data.d }, () => []);
  for (let i = 0; i < names.pairs.length; i += 2) {
    data.imagesOf[names.pairs[i]].push(names.pairs[i + 1]);
    data.captionsOf[names.pairs[i + 1]].push(data.n + names.pairs[i]);
  }
}

function readFigures(all) {
  const { n, size } = data;
  data.hubness = Float32Array.from(all.subarray(0, size), (tenths) => tenths / 10);
  data.ownRank = all.subarray(size, 2 * size);
  data.first = Int32Array.from(all.subarray(2 * size, 3 * size), (one) => one - 1);
  const mean = (from, to) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += data.hubness[i];
    return sum / Math.max(1, to - from) || 1;
  };
  data.mean = [mean(0, n), mean(n, size)];
}

// Names, as text only.

const title = (i) => {
  if (!data.names) return "";
  if (!isImage(i)) return data.names.captions[i - data.n];
  const file = data.names.ids[i].split("/").pop();
  return file.replace(/\.[^.]+$/, "") || file;
};
const thumbnail = (i) => `scenes/${i}/thumbnail?v=${data.names.versions[i]}`;
const sceneOf = (i) => (isImage(i) ? i : data.imagesOf[i - data.n][0] ?? -1);
const classNumber = (i) => {
  const scene = sceneOf(i);
  return scene < 0 ? -1 : data.names.class_of[scene];
};
const className = (i) => data.names.classes[classNumber(i)] || "";
// A point's own: the captions of a picture, the pictures of a caption; and its first hit.
const ownOf = (i) => (isImage(i) ? data.captionsOf[i] : data.imagesOf[i - data.n]);
const firstOf = (i) => {
  const first = data.first ? data.first[i] : -1;
  return first < 0 ? -1 : isImage(i) && data.d ? data.n + first : first;
};

// Categories: what a colouring tells apart. `of` holds a category's number for each point.

function hubnessKind(i) {
  const times = data.hubness[i] / data.mean[isImage(i) ? 0 : 1];
  return times === 0 ? 0 : times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 3 : 4;
}

function hitKind(i) {
  const rank = data.ownRank[i];
  return rank === 0 ? 3 : rank === 1 ? 0 : rank <= 10 ? 1 : 2;
}

function categories(colour) {
  const of = new Int16Array(data.size);
  let labels;
  if (colour === "modality" || !data.names) {
    labels = [W.images, W.texts];
    for (let i = 0; i < data.size; i++) of[i] = isImage(i) ? 0 : 1;
  } else if (colour === "class") {
    labels = [...data.names.classes, W.no_class];
    for (let i = 0; i < data.size; i++) {
      const own = classNumber(i);
      of[i] = own < 0 ? labels.length - 1 : own;
    }
  } else if (colour === "rank") {
    labels = W.rank;
    const rank = ranks();
    of.fill(3);
    for (const [i, r] of rank) of[i] = r === 1 ? 0 : r <= 10 ? 1 : 2;
  } else {
    labels = W[colour];
    const kind = colour === "hit" ? hitKind : hubnessKind;
    for (let i = 0; i < data.size; i++) of[i] = kind(i);
  }
  const counts = new Array(labels.length).fill(0);
  for (const one of of) counts[one] += 1;
  return { of, list: labels.map((label, i) => ({ label, count: counts[i], number: i })) };
}

function colourings() {
  const all = Object.keys(W.colours);
  return all.filter((name) => {
    if (name === "class") return data.names?.classes.length;
    if (name === "hit") return data.hubness && data.d > 0;
    if (name === "hubness") return data.hubness;
    return name !== "rank" || props.value.query;
  });
}

// How large the points of a category are: what else tells them apart, beside their colour.
function sizeOf(colour, number) {
  const sizes = {
    hit: [0.75, 1.1, 1.45, 0.55], hubness: [0.6, 0.85, 1.1, 1.5, 2.1], rank: [2.2, 1.7, 1.25, 0.9],
  };
  return sizes[colour]?.[number] ?? 1;
}

// Colours by category, at least 3:1 against the page in light and dark.
function colourOf(colour, number, count) {
  const dark = isDark();
  if (colour === "modality") return dark ? ["#62cfb6", "#f0a272"][number] : ["#0a6b5c", "#b4531b"][number];
  if (colour === "hit") {
    const list = dark
      ? ["#62cfb6", "#eec873", "#f28d6d", "#8b9691"] : ["#0a6b5c", "#94660a", "#c23b1e", "#6f7975"];
    return list[number];
  }
  if (colour === "hubness") {
    const share = number / 4;
    return dark ? `oklch(${0.5 + 0.42 * share} ${0.06 + 0.09 * share} ${260 - 165 * share})`
      : `oklch(${0.66 - 0.36 * share} ${0.07 + 0.1 * share} ${240 + 60 * share})`;
  }
  if (colour === "rank") {
    const list = dark
      ? ["#ff9f6e", "#eec873", "#62cfb6", null] : ["#b8320a", "#8a5f00", "#0a6b5c", null];
    return list[number];
  }
  const hue = (number * 360 / Math.max(6, count) + 25) % 360;
  const step = number % 3;
  return dark ? `oklch(${[0.74, 0.84, 0.66][step]} 0.13 ${hue})`
    : `oklch(${[0.56, 0.46, 0.62][step]} 0.14 ${hue})`;
}
