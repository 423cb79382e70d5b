// What a person keeps, for every script of the tab: what it is now, who hears of it, how it changes.
// The person who runs the page has it in a file on the server (app/search/keeping.py makes the same
// changes there), a visitor in this browser alone.
const DATABASE = "explorer-collections";

const NOTHING = { tags: [], searches: [], history: [], judged: [] };
let state = NOTHING;
let name = ""; // of the gallery
let limits = null; // see `KeepingSettings` in app/search/kept_contract.py
let send = () => null; // makes a change
const listeners = new Set();

export const kept = () => state;
export const gallery = () => name;
export const change = (asked) => send(asked);

export function onKept(listener) {
  listeners.add(listener);
  listener(state);
}

// What the columns show: {query, before, after, right, versions}; cards as in `CardShown`, right ids.
let found = null;
const finders = new Set();

export function onFound(listener) {
  finders.add(listener);
  if (found) listener(found);
}

export function foundIs(now) {
  found = now;
  for (const listener of finders) listener(found);
}

export function keepWith(how) {
  send = how;
}

export function keptFor(gallery, settings) {
  [name, limits] = [gallery, settings];
}

export function keptIs(now) {
  state = now;
  for (const listener of listeners) listener(state);
}

// A database of this browser; a change reads and writes in one transaction, so two windows lose nothing.
export function inBrowser(gallery, failed) {
  const opening = new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return async (asked) => {
    try {
      const store = (await opening).transaction("kept", "readwrite").objectStore("kept");
      const request = store.get(gallery);
      request.onsuccess = () => {
        const next = changed({ ...NOTHING, ...request.result }, asked);
        store.put(next, gallery).onsuccess = () => keptIs(next);
      };
    } catch (error) {
      failed(String(error)); // a private window keeps nothing
    }
  };
}

// The first of those that the fewest tags have.
function freeColour(tags) {
  const used = (colour) => tags.filter((tag) => tag.colour === colour).length;
  return [...Array(limits.colours).keys()].reduce((best, one) => (used(one) < used(best) ? one : best));
}

const without = (list, name) => list.filter((one) => one.name !== name);

function changed(now, asked) {
  const act = CHANGES[asked.op];
  return act ? { ...now, ...act(now, asked) } : now;
}

const CHANGES = {
  tag({ tags }, { name, version, id }) {
    const old = tags.find((tag) => tag.name === name);
    const scene = { version, id };
    if (!old) return { tags: [...tags, { name, colour: freeColour(tags), note: "", scenes: [scene] }] };
    if (old.scenes.some((one) => one.version === version)) return {};
    const grown = { ...old, scenes: [...old.scenes, scene] };
    return { tags: tags.map((tag) => (tag === old ? grown : tag)) };
  },
  untag: ({ tags }, { name, version }) => ({
    tags: tags.map((tag) => (tag.name !== name ? tag
      : { ...tag, scenes: tag.scenes.filter((scene) => scene.version !== version) })),
  }),
  drop_tag: ({ tags }, { name }) => ({ tags: without(tags, name) }),
  note: ({ tags }, { name, note }) =>
    ({ tags: tags.map((tag) => (tag.name === name ? { ...tag, note } : tag)) }),
  save_search: ({ searches }, { name, params, seen }) =>
    ({ searches: [...without(searches, name), { name, params, seen }] }),
  drop_search: ({ searches }, { name }) => ({ searches: without(searches, name) }),
  asked({ history }, { params }) { // once, where it was last
    const said = JSON.stringify(params);
    const others = history.filter((one) => JSON.stringify(one) !== said);
    return { history: [params, ...others].slice(0, limits.most_history) };
  },
  judge({ judged }, { query, grades, before, after, id }) {
    const said = { id: id || "", query, grades, before, after };
    if (!judged.some((one) => one.query === query)) return { judged: [...judged, said] };
    return { judged: judged.map((one) => (one.query === query ? said : one)) }; // in its place
  },
  drop_judged: ({ judged }, { query }) => ({ judged: judged.filter((one) => one.query !== query) }),
  bring(now, { content }) {
    let next = now;
    for (const tag of content.tags) {
      for (const scene of tag.scenes) next = changed(next, { op: "tag", name: tag.name, ...scene });
      if (tag.note) next = changed(next, { op: "note", ...tag });
    }
    for (const one of content.searches) next = changed(next, { op: "save_search", ...one });
    for (const one of content.judged || []) next = changed(next, { op: "judge", ...one });
    return next;
  },
};
