// The tab Earth: where scenes lie, the answers by rank, and a place to search in.
// props.value: see `EarthShown` and `EarthProblem` in app/earth/contract.py.
import { el, refill, say } from "../../kit/static/dom.js";
import { filterForm } from "../../kit/static/filters.js";
import { go, here } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { areaForm, earthBar } from "./earth-bar.js";
import { coastlines } from "./earth-coast.js";
import { earthList } from "./earth-list.js";
import { boxCorners, earthMap } from "./earth-map.js";
import { Places } from "./earth-places.js";

export function mount({ root, props, watch, words, settings }) {
  const places = new Places(settings);
  const state = { side: "after", tool: "pan", pointed: -1, top: settings.most };
  const act = {};
  const current = () => props.value;
  const colourOf = (rank) => settings.colours.find(([most]) => rank <= most)?.[1] || settings.last;
  const map = earthMap({ words, settings, told: {
    hovered: (number) => act.point(number, true),
    clicked: (number) => act.click(number),
    drawn: (corners) => act.area(corners),
    failed: () => tell(words.no_map),
  } });
  const bar = earthBar({ words, act });
  const coast = coastlines(() => current()?.problem === null && drawAll());
  const placeOf = ({ number }) => places.corners(number)
    ? places.centre(number).reverse().map((value) => value.toFixed(settings.digits)).join(", ") : "";
  const list = earthList({ words, act, colourOf, placeOf });
  const filters = filterForm(words.filters);
  const text = (name) => el("p", { class: name });
  const nodes = {
    problem: el("p", { class: "note", hidden: true }), notes: el("div", { class: "earth-notes" }),
    known: text("earth-quiet"), help: text("earth-quiet"), saved: el("p", { class: "earth-saved" }),
    foot: text("earth-quiet"), legend: legend(),
  };
  nodes.whole = el("div", { class: "earth-whole", hidden: true }, bar.node, filters.node, filters.chips,
    nodes.notes,
    el("div", { class: "earth-body" },
      el("div", { class: "earth-main" },
        el("div", { class: "earth-stage", role: "img", "aria-label": words.map }, map.node, map.bar),
        nodes.legend, nodes.help, areaForm({ words, act })),
      el("aside", { class: "earth-side" }, nodes.known, list.node, nodes.saved)),
    nodes.foot);
  root.append(nodes.problem, nodes.whole);
  let shown = ""; // what the map was last brought to

  function legend() {
    const item = (colour, label) =>
      el("li", null, el("span", { class: "earth-key", style: `--colour: ${colour}` }), label);
    return el("ul", { class: "earth-legend", "aria-label": words.legend }, el("li", null, words.legend),
      settings.colours.map(([most, colour]) =>
        item(colour, most === 1 ? "1" : say(words.up_to, { rank: most }))),
      item(settings.last, words.beyond));
  }

  const scenes = () => current().sides.find(({ name }) => name === state.side)?.scenes || [];
  const chosen = () => scenes().find(({ id }) => id === here().scene);

  // The corners of what is to be seen: the answers, or everything.
  function points() {
    const numbers = scenes().slice(0, 30).map(({ number }) => number).filter((n) => places.corners(n));
    return (numbers.length ? numbers : places.known).flatMap((number) => places.corners(number));
  }

  function mark() {
    const pointed = state.pointed >= 0 ? [state.pointed] : [];
    map.mark([...new Set([...pointed, ...[chosen()?.number ?? []].flat()])]);
  }

  function drawAll() {
    const value = current();
    bar.draw({ value, ...state });
    filters.draw(value.filters);
    refill(nodes.notes, value.notes.map((note) => el("p", { class: "note", data: { kind: "info" } }, note)));
    nodes.known.textContent = value.sides.length ? value.known : `${value.known} ${words.hint}`;
    nodes.help.textContent = words.tool_help[state.tool];
    refill(nodes.saved, value.saved.length ? savedFiles(value.saved) : null);
    nodes.saved.title = words.saved_help;
    nodes.foot.textContent = value.foot;
    list.draw(scenes(), here().scene);
    bring(); // first, so that the map opens where it is wanted
    map.show({ places, scenes: scenes(), area: value.area, grounds: value.grounds, coast: coast.lines() });
    mark();
  }

  // Links to files of the first answers, as many as a person says.
  function savedFiles(files) {
    const links = files.map(({ link, label }) => [el("a", { download: "" }, label), link]);
    const top = el("input", { type: "number", min: 1, max: settings.most, value: state.top,
      "aria-label": words.save_top });
    const point = () => {
      if (top.checkValidity() && top.value) state.top = top.value;
      for (const [node, link] of links) node.href = `${link}&top=${state.top}`;
    };
    top.addEventListener("input", point);
    top.addEventListener("change", () => { top.value = state.top; }); // what is saved, if that was none
    point();
    return [words.save, " ", top, " ", words.save_as, links.map(([node]) => [" ", node])];
  }

  // Bring the answers into view when there are others, and the tab is there to be seen.
  function bring() {
    const value = current();
    const now = JSON.stringify([value.places, value.area, scenes().map(({ number }) => number)]);
    if (now === shown || !root.offsetParent) return;
    shown = now;
    map.fit(value.area || points());
  }

  Object.assign(act, {
    side(name) {
      state.side = name;
      drawAll();
    },
    tool(name) {
      state.tool = name;
      map.use(name);
      drawAll();
    },
    fit: () => map.fit(points()),
    edges: () => map.edges(),
    useView() {
      const [west, south, east, north] = map.edges();
      act.area(boxCorners([[west, south], [east, north]]));
    },
    area(corners) {
      if (corners) announce(words.in_area);
      act.tool("pan");
      go({ area: corners ? linkOf(corners, settings.digits) : null, scene: null });
    },
    point(number, fromMap = false) {
      if (number === state.pointed) return;
      state.pointed = number;
      if (fromMap) list.light(number);
      mark();
    },
    click(number) {
      const scene = scenes().find((one) => one.number === number);
      if (scene) act.choose(scene);
    },
    choose(scene) {
      go({ scene: scene.id === here().scene ? null : scene.id }, { replace: true });
      list.draw(scenes(), here().scene);
      mark();
    },
  });

  function tell(problem) {
    nodes.problem.hidden = !problem;
    nodes.problem.textContent = problem;
  }

  async function draw() {
    const value = current();
    if (!value) return;
    tell(value.problem || "");
    nodes.whole.hidden = Boolean(value.problem);
    if (value.problem) return;
    try {
      await Promise.all([places.load(value.places, value.n), map.load()]);
    } catch {
      nodes.whole.hidden = true;
      return tell(words.no_map);
    }
    coast.load(value.coast);
    drawAll();
  }

  new ResizeObserver(() => current() && !current().problem && places.known.length && bring()).observe(root);
  for (const event of ["explorer:go", "popstate"]) {
    const target = event === "popstate" ? window : document;
    target.addEventListener(event, () => setTimeout(() => {
      if (!current() || current().problem || !root.offsetParent) return;
      list.draw(scenes(), here().scene);
      mark();
    }));
  }
  draw();
  watch("value", draw);
}

// Corners as a link has them: a box by two of them.
function linkOf(corners, digits) {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const edge = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const isBox = corners.length === 4
    && corners.every(([x, y]) => (x === edge[0] || x === edge[2]) && (y === edge[1] || y === edge[3]));
  const step = Math.ceil(corners.length / 100); // an outline has a corner for every move of the hand
  const pairs = isBox ? [[edge[0], edge[1]], [edge[2], edge[3]]] : corners.filter((_, i) => i % step === 0);
  return pairs.flat().map((value) => Number(value.toFixed(digits))).join(",");
}
