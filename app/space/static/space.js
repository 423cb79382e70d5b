// The tab Space: the map of the embedding space, its controls, and its state in the address.
// props.value: see `SpaceShown` and `SpaceProblem` in app/space/contract.py.
import { el, say } from "../../kit/static/dom.js";
import { go, here } from "../../kit/static/go.js";
import { announce } from "../../kit/static/speak.js";
import { bar, zoomBox } from "./space-bar.js";
import { beside } from "./space-beside.js";
import { cardOf } from "./space-card.js";
import { chosen, openLook, openSearch } from "./space-chosen.js";
import { figure } from "./space-figure.js";
import { hand } from "./space-hand.js";
import { colourings, kindsOf } from "./space-kinds.js";
import { legend } from "./space-legend.js";
import { asked, knownColour, numberOf } from "./space-link.js";
import { drawNotes, drawKey } from "./space-notes.js";
import { Points } from "./space-points.js";
import { countedKinds, inOrder, packed, selection } from "./space-selection.js";
import { table } from "./space-table.js";

const note = (params) => go(params, { replace: true });
const text = (name, options) => el("p", { class: name, ...options });

export function mount({ root, props, watch, words, settings }) {
  const points = new Points();
  const state = {
    view: "aligned", colour: "class", solo: null, kinds: null, // kinds: see `kindsOf`
    selected: new Set(), chosen: -1, cursor: -1, hovered: -1, tool: "move",
    tooLong: false, // the selection, for a link
    firsts: true, // whether a point's first hit is shown
  };
  const current = () => props.value;
  const act = {};
  const first = figure({ points, state, words, settings, current, told: {
    clicked: () => act.click(underHand()),
    caught: (numbers) => act.caught(numbers),
    moved: () => card.follow(),
    themed: () => state.kinds && drawLegend(),
  } });
  const other = beside({ points, state, words, settings, current, act, pressed });
  const map = { ...first, paint(all) {
    first.paint(all);
    other.paint(all);
  } };
  const shared = { points, state, words, act, map, current, coordinates, most: settings.max_linked };
  const card = cardOf(shared);
  const controls = bar({ words, act });
  const kinds = legend({ words, palette: settings.palette, state, act });
  const one = chosen(shared);
  const picked = selection(shared);
  const rows = table(shared);
  const nodes = frame();
  const keys = hand({ ...shared, stage: nodes.stage, card });

  function frame() {
    const stage = el("div", {
      class: "map-stage", tabindex: 0, role: "application", "aria-describedby": "map-keys",
    }, map.nodes, card.rings, card.node);
    const own = {
      stage, problem: text("note", { hidden: true }), help: text("map-help"),
      notes: el("div", { class: "map-notes" }), gap: text("map-gap"), foot: text("map-label"),
      keys: text("map-label", { id: "map-keys" }), lines: text("map-key", { hidden: true }),
    };
    own.title = text("map-title", { hidden: true });
    own.panes = el("div", { class: "map-panes" },
      el("div", { class: "map-pane" }, own.title,
        el("div", { class: "map-frame" }, stage, zoomBox({ words, act }), own.gap)));
    own.whole = el("div", { class: "map-whole", hidden: true }, controls.node, own.help, own.notes,
      el("div", { class: "map-body" },
        el("div", { class: "map-main" }, own.panes, own.lines, own.keys),
        el("aside", { class: "map-side" }, kinds.node, one.node, picked.node)),
      rows.node, own.foot);
    root.append(own.problem, own.whole);
    return own;
  }

  // Drawing: each part from the state.

  function drawBar() {
    controls.draw({
      views: current().views, view: state.view, colour: state.colour, tool: state.tool,
      colours: colourings(points, words, current().query),
    });
  }
  const drawLegend = () => kinds.draw(current().query?.stage || "");

  function drawWords() {
    drawNotes(nodes.notes, { given: here(), points, words, value: current(), view: state.view });
    drawKey(nodes.lines, words, points.d > 0);
    nodes.lines.hidden = !(map.hasQuery() || state.chosen >= 0);
  }

  function drawSelection() {
    one.draw();
    picked.draw();
    rows.draw();
    map.paint();
  }

  function describe() {
    const view = current().views.find(({ name }) => name === state.view);
    nodes.help.textContent = `${view.help} ${words.axes}`;
    nodes.gap.hidden = !view.gap;
    nodes.gap.textContent = view.gap ? say(words.gap, { gap: view.gap }) : "";
    drawWords();
    drawBar();
  }

  function setView(name) {
    map.show(name);
    other.show(name, nodes.panes);
    nodes.title.hidden = !current().second;
    nodes.title.textContent = current().second?.titles[0] || "";
    describe();
    rows.draw();
  }

  function setColour(name, solo = null) {
    state.colour = knownColour(name, colourings(points, words, current().query));
    state.kinds = kindsOf(points, state.colour, words, current().query);
    state.solo = solo !== null && state.kinds.list[solo] ? solo : null;
    drawLegend();
    drawBar();
    card.show(state.cursor >= 0 ? state.cursor : state.hovered); // it says what the colour says
    map.paint();
  }

  // A point's coordinates as the index has them.
  function coordinates(i) {
    const view = current().views.find(({ name }) => name === state.view);
    const [x, y, side] = view.boxes[state.view === "raw" && !points.isImage(i) ? 1 : 0];
    const xy = points.places[state.view];
    return [x + xy[2 * i] * side, y + (1 - xy[2 * i + 1]) * side].map((v) => v.toFixed(4));
  }

  // What controls, pointer and keys do.

  const placeIn = ({ clientX, clientY }) => {
    const box = nodes.stage.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  let held = {}; // what was pressed where: keys count for a line that is drawn
  const underHand = () => map.pointAt(held.at, held.coarse ? 24 : 14);
  function pressed(event) {
    const { shiftKey: add, altKey: drop, pointerType } = event;
    held = { add, drop, at: placeIn(event), coarse: pointerType === "touch" };
    state.cursor = -1;
  }
  nodes.stage.addEventListener("pointerdown", pressed, true);
  nodes.stage.addEventListener("pointermove", (event) =>
    act.hover(event.buttons ? -1 : map.pointAt(placeIn(event))));
  nodes.stage.addEventListener("pointerleave", () => act.hover(-1));
  nodes.stage.addEventListener("dblclick", () => {
    const i = underHand();
    if (i >= 0 && state.tool === "move" && points.names) act.open(i);
  });

  Object.assign(act, {
    view(name) {
      setView(name);
      note({ map: name === "aligned" ? null : name });
    },
    colour(name) {
      setColour(name);
      note({ colour: name, solo: null });
    },
    tool(name) {
      state.tool = name;
      nodes.stage.dataset.tool = name;
      nodes.keys.textContent = `${words.tool_help[name]} ${words.keys}`;
      map.use(name);
      other.use(name);
      drawBar();
    },
    solo(number, label) {
      state.solo = number;
      drawLegend();
      map.paint();
      announce(number === null ? words.show_all : say(words.solo, { name: label }));
      note({ solo: number });
    },
    selectKind(number) {
      const { of } = state.kinds;
      act.select(points.names ? [...of.keys()].filter((i) => of[i] === number) : [], "add");
    },
    zoom(factor, at) {
      map.camera.zoomBy(factor, at);
      map.paint();
    },
    fit() {
      map.camera.fit();
      map.paint();
    },
    png: () => map.png(`${current().source.data.replace(/[^\w-]+/g, "_")}_space_${state.view}`),
    hover(i, { beside: elsewhere = false } = {}) {
      if (i === state.hovered) return;
      state.hovered = i;
      nodes.stage.classList.toggle("is-on-point", i >= 0);
      card.show(elsewhere ? -1 : i);
      card.follow();
      other.follow();
    },
    click(i) {
      if (state.tool === "add") return i >= 0 && act.toggle(i);
      act.choose(i);
    },
    caught(numbers) {
      map.paint(); // without the line
      if (!numbers.length) return announce(words.nothing_caught);
      act.select(numbers, held.add ? "add" : held.drop ? "drop" : "set");
    },
    bring(i) {
      if (map.camera.isNear(map.camera.toScreen(map.placeOf(i)), 20)) return;
      [map.camera.x, map.camera.y] = map.placeOf(i);
      map.paint();
    },
    choose(i, bring = false) {
      if (!points.names) return announce(words.loading);
      state.chosen = i;
      if (bring) act.bring(i);
      one.draw();
      drawWords();
      map.paint();
      if (i >= 0) keys.tell(i);
      note({
        scene: i >= 0 && points.isImage(i) ? points.names.ids[i] : null,
        caption: i >= points.n ? i - points.n : null,
      });
    },
    open: (i) => (points.isImage(i) ? openLook(points, i) : openSearch(points, i)),
    toggle: (i) => act.select([i], state.selected.has(i) ? "drop" : "add"),
    select(numbers, how) {
      state.selected = new Set(how === "set" ? [] : state.selected); // another one: see `tracer`
      for (const i of numbers) how === "drop" ? state.selected.delete(i) : state.selected.add(i);
      const now = inOrder(state.selected);
      const link = packed(now);
      state.tooLong = link.length > settings.max_linked;
      announce([picked.told(now), ...picked.tooLong(now)].join(". "));
      drawSelection();
      note({ sel: state.tooLong ? null : link, ...(link ? {} : { only: null }) });
    },
  });

  // From the address: which space, which colours, what is chosen and selected.
  function readAddress() {
    if (!points.places.aligned || !root.offsetParent) return;
    const given = here();
    const there = current().views.some(({ name, there: has }) => name === given.map && has);
    const view = there ? given.map : "aligned";
    if (view !== state.view) setView(view);
    const solo = numberOf(given.solo);
    const colour = knownColour(given.colour, colourings(points, words, current().query));
    if (colour !== state.colour || solo !== state.solo) setColour(colour, solo);
    if (!points.names) return;
    const wanted = asked(given, points);
    const selected = state.tooLong ? inOrder(state.selected) : wanted.selected;
    const same = packed(selected) === packed(inOrder(state.selected));
    if (same && wanted.chosen === state.chosen && picked.node.hasChildNodes()) return drawWords();
    if (!same) state.selected = new Set(selected);
    state.chosen = wanted.chosen;
    drawWords();
    drawSelection();
  }
  window.addEventListener("popstate", () => setTimeout(readAddress));
  document.addEventListener("explorer:go", () => setTimeout(readAddress));
  new ResizeObserver(readAddress).observe(nodes.stage); // also when the tab is shown

  // What comes from Python, and the points that come after it.

  function tell(problem) {
    nodes.problem.hidden = !problem;
    nodes.problem.textContent = problem || "";
  }

  async function draw() {
    const value = current();
    if (!value) return;
    nodes.whole.hidden = Boolean(value.problem);
    tell(value.problem || (points.version ? "" : words.loading));
    if (value.problem) return;
    nodes.foot.textContent = value.foot;
    const library = Promise.all([map.load(), other.load()]);
    library.catch(() => {});
    try {
      await points.load(value, { placed, named, counted });
      await library;
    } catch {
      tell(words.no_points);
      nodes.whole.hidden = true;
      return;
    }
    tell("");
    if (!points.names) return; // an earlier call is still waiting for them
    setColour(state.colour, state.solo);
    describe();
    readAddress();
  }

  function placed() {
    tell("");
    nodes.stage.setAttribute("aria-label",
      say(points.d ? words.canvas : words.canvas_images, countedKinds(words, points.n, points.d)));
    setColour("modality");
    act.tool(state.tool);
    setView(state.view);
  }

  function named() {
    setColour(here().colour || "class");
    describe();
    readAddress();
    if (state.cursor < 0) return;
    card.show(state.cursor); // whoever was quicker than the names hears them now
    keys.tell(state.cursor);
  }

  // The figures are there: the colours, words and columns that need them.
  function counted() {
    const { colour, solo } = here();
    colour ? setColour(colour, numberOf(solo)) : drawBar();
    drawWords();
    drawSelection();
  }

  draw();
  watch("value", draw);
}
