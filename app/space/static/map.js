// The map, last part: its controls, its legend, and its state in the address.
// props.value: see `picture` in app/space/view.py. The link's `map`, `colour`, `solo`, `scene`,
// `caption` and `sel` are read here alone; Python only places the query.
const bar = el("div", { class: "map-bar" });
const help = el("p", { class: "map-help" });
const notes = el("div", { class: "map-notes" });
const legend = el("ul", { class: "map-legend", "aria-label": W.legend });
const legendHelp = el("p", { class: "map-label" });
const lineKey = el("p", { class: "map-key", hidden: true });
const gap = el("p", { class: "map-gap" });
const keys = el("p", { id: "map-keys", class: "map-label" });
const foot = el("p", { class: "map-label" });
const problem = el("p", { class: "note", hidden: true });
const zoom = el("div", { class: "map-zoom", role: "group", "aria-label": W.zoom },
  [["+", W.zoom_in, () => zoomBy(1.6)], ["−", W.zoom_out, () => zoomBy(1 / 1.6)], ["⤢", W.fit, fit]]
    .map(([sign, label, onclick]) => button(sign, onclick, { "aria-label": label, title: label })));
const body = el("div", { class: "map-body" },
  el("div", { class: "map-main" },
    el("div", { class: "map-frame" }, stage, zoom, gap), lineKey, keys),
  el("aside", { class: "map-side" },
    el("div", { class: "map-legend-box" }, legendHelp, legend), chosenBox, pickedBox));
const whole = el("div", { class: "map-whole", hidden: true }, bar, help, notes, body, tableBox, foot);
root.append(problem, whole);

const address = () => Object.fromEntries(new URLSearchParams(location.search));
const note = (params) => go(params, { replace: true });
const count = () => say(data.d ? W.canvas : W.canvas_images, { images: data.n, captions: data.d });

// Controls.

function radios(label, options, value, choose) {
  return el("div", { class: "map-radios", role: "group", "aria-label": label },
    options.map(({ name, text, title: tip, disabled }) =>
      button(text, () => choose(name), {
        class: "map-radio", "aria-pressed": String(name === value), title: tip, disabled,
        data: { name },
      })));
}

function drawBar() {
  const inside = bar.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  const views = props.value.views.map((view) => ({
    name: view.name, text: view.label, disabled: !view.there, title: view.there ? null : view.help,
  }));
  const tools = Object.entries(W.tool).map(([name, text]) => ({ name, text, title: W.tool_help[name] }));
  const colour = el("select", { id: "map-colour", data: { name: "colour" } },
    colourings().map((name) =>
      el("option", { value: name, selected: name === state.colour }, W.colours[name])));
  colour.addEventListener("change", () => {
    setColour(colour.value);
    note({ colour: colour.value, solo: null });
  });
  bar.replaceChildren(
    radios(W.views_label, views, state.view, (name) => {
      setView(name);
      note({ map: name === "aligned" ? null : name });
    }),
    el("div", { class: "choice" }, el("label", { for: "map-colour" }, W.colour), colour),
    radios(W.tools, tools, tool, setTool));
  if (inside) bar.querySelector(`[data-name="${inside}"]`)?.focus();
}

function setTool(name) {
  tool = name;
  stage.dataset.tool = name;
  keys.textContent = `${W.tool_help[name]} ${W.keys}`;
  drawBar();
}

function setView(name) {
  const view = props.value.views.find((one) => one.name === name && one.there);
  if (!view) return;
  showView(view.name);
  describeView(view);
  drawTable();
}

function describeView(view) {
  help.textContent = `${view.help} ${W.axes}`;
  gap.hidden = !view.gap;
  gap.textContent = view.gap ? say(W.gap, { gap: view.gap }) : "";
  drawNotes();
  drawBar();
}

function knownColour(name) {
  const known = colourings();
  return known.includes(name) ? name : known.includes("class") ? "class" : "modality";
}

function setColour(name, solo = null) {
  state.colour = knownColour(name);
  state.kinds = categories(state.colour);
  state.solo = solo !== null && state.kinds.list[solo] ? solo : null;
  drawLegend();
  drawBar();
  showCard(state.cursor >= 0 ? state.cursor : state.hovered); // it says what the colour says
  paint();
}

function drawLegend() {
  const { list, of } = state.kinds;
  const inside = legend.contains(document.activeElement) ? document.activeElement.dataset : null;
  legendHelp.textContent = say(W.colour_help[state.colour], { stage: props.value.query?.stage || "" });
  const row = ({ label, count: many, number }) => {
    const solo = () => {
      state.solo = state.solo === number ? null : number;
      drawLegend();
      paint();
      announce(state.solo === null ? W.show_all : say(W.solo, { name: label }));
      note({ solo: state.solo });
    };
    const all = () => act.select(data.names ? [...of.keys()].filter((i) => of[i] === number) : [], "add");
    return el("li", null,
      button("", solo, {
        class: "map-solo", "aria-pressed": String(state.solo === number), title: say(W.solo, { name: label }),
        data: { number, part: "solo" },
      }),
      button(W.select_all, all, {
        class: "map-all", "aria-label": say(W.select_spoken, { name: label }), data: { number, part: "all" },
      }));
  };
  const rows = list.filter((kind) => kind.count);
  legend.replaceChildren(...rows.map((kind) => {
    const item = row(kind);
    const sign = el("span", { class: "map-swatch", "aria-hidden": "true",
      data: { shape: state.colour === "modality" && kind.number ? "diamond" : "disc" } });
    sign.style.scale = sizeOf(state.colour, kind.number) / Math.max(1, ...list.map((one) => sizeOf(state.colour, one.number)));
    sign.style.background = colourOf(state.colour, kind.number, list.length) || "var(--edge)";
    item.firstChild.append(sign, el("span", { class: "map-solo-name" }, kind.label),
      el("span", { class: "map-count" }, kind.count.toLocaleString("en")));
    return item;
  }));
  if (inside) legend.querySelector(`[data-number="${inside.number}"][data-part="${inside.part}"]`)?.focus();
}

function drawNotes() {
  const { query } = props.value;
  const lines = props.value.notes.map((text) => [text, "warn"]);
  if (!data.d) lines.push([W.no_captions, "info"]);
  if (query) {
    lines.push([state.view === "raw" ? W.query_raw : say(W.query_note, {
      query: query.label || W.query_picture, stage: query.stage,
    }), "info"]);
  }
  const { scene } = address();
  if (scene && data.names && !data.names.ids.includes(scene)) {
    lines.push([say(W.no_scene, { name: scene.slice(0, 80) }), "warn"]);
  }
  for (const [name, value] of refused()) {
    lines.push([say(W.bad_param, { name, value: value.slice(0, 40) }), "warn"]);
  }
  notes.replaceChildren(...lines.map(([text, kind]) => el("p", { class: "note", data: { kind } }, text)));
  const joined = query && state.view !== "raw" || state.chosen >= 0;
  lineKey.hidden = !joined || !data.d;
  lineKey.replaceChildren(
    el("span", { class: "map-stroke", data: { kind: "own" } }), W.line_own,
    el("span", { class: "map-stroke", data: { kind: "first" } }), W.line_first);
}

// What of the map's own parameters in the link is not allowed, once everything is there to tell.
function refused() {
  if (!data.names || !data.hubness) return [];
  const given = address();
  const allowed = {
    map: (name) => props.value.views.some((view) => view.name === name && view.there),
    colour: (name) => colourings().includes(name),
    solo: (text) => Boolean(categories(knownColour(given.colour)).list[soloOf(text)]),
    caption: (text) => captionOf(text) >= 0,
    sel: (text) => unpacked(text, data.size) !== null,
  };
  return Object.keys(allowed).filter((name) => given[name] && !allowed[name](given[name]))
    .map((name) => [name, given[name]]);
}

const soloOf = (text) => (/^\d{1,5}$/.test(text || "") ? Number(text) : null);
const captionOf = (text) =>
  (/^\d{1,7}$/.test(text || "") && Number(text) < data.d ? data.n + Number(text) : -1);

// What pointer and keys do.

act.choose = (i, bring = false) => {
  if (!data.names) return announce(W.loading);
  state.chosen = i;
  if (bring) {
    const [px, py] = toScreen(...placeOf(i));
    if (px < 20 || py < 20 || px > wide - 20 || py > high - 20) [camera.x, camera.y] = placeOf(i);
  }
  drawChosen();
  drawNotes();
  paint();
  if (i >= 0) tell(i);
  note({
    scene: i >= 0 && isImage(i) ? data.names.ids[i] : null, caption: i >= data.n ? i - data.n : null,
  });
};
act.open = (i) => (isImage(i) ? openLook(i) : openSearch(i));
act.toggle = (i) => act.select([i], state.selected.has(i) ? "drop" : "add");
act.select = (numbers, how) => {
  if (how === "set") state.selected = new Set();
  for (const i of numbers) how === "drop" ? state.selected.delete(i) : state.selected.add(i);
  const now = [...state.selected].sort((a, b) => a - b);
  const text = packed(now);
  state.tooLong = text.length > MOST_LINKED;
  announce([told(now), ...tooLong(now)].join(". "));
  drawSelection();
  note({ sel: state.tooLong ? null : text, ...(text ? {} : { only: null }) });
};

function drawSelection() {
  drawChosen();
  drawPicked();
  drawTable();
  paint();
}

// From the address: which map, which colours, what is chosen and selected.
function readAddress() {
  if (!data.places.aligned || !root.offsetParent) return;
  const { map, colour, solo, scene, caption, sel, only } = address();
  const view = props.value.views.some((one) => one.name === map && one.there) ? map : "aligned";
  if (view !== state.view) setView(view);
  const number = soloOf(solo);
  const wanted = knownColour(colour);
  if (wanted !== state.colour || number !== state.solo) setColour(wanted, number);
  if (!data.names) return;
  const chosen = scene ? data.names.ids.indexOf(scene) : captionOf(caption);
  const numbers = state.tooLong ? [...state.selected]
    : (sel ? unpacked(sel, data.size) : unpacked(only, data.n, true)) || [];
  const same = packed(numbers) === packed([...state.selected].sort((a, b) => a - b));
  if (same && chosen === state.chosen && pickedBox.hasChildNodes()) return drawNotes();
  if (!same) state.selected = new Set(numbers);
  state.chosen = chosen;
  drawNotes();
  drawSelection();
}
window.addEventListener("popstate", () => setTimeout(readAddress));
document.addEventListener("explorer:go", () => setTimeout(readAddress));
new ResizeObserver(readAddress).observe(stage); // also when the tab is shown
document.addEventListener("explorer:map-theme", () => state.kinds && drawLegend());

async function drawAll() {
  const value = props.value;
  if (!value) return;
  problem.hidden = !value.problem;
  problem.textContent = value.problem || "";
  whole.hidden = Boolean(value.problem);
  if (value.problem) return;
  foot.textContent = value.foot;
  problem.hidden = Boolean(data.version);
  problem.textContent = W.loading;
  try {
    await load(value, whenPlaced, whenNamed, whenCounted);
  } catch {
    data.version = "";
    [problem.hidden, problem.textContent, whole.hidden] = [false, W.no_points, true];
    return;
  }
  problem.hidden = true;
  if (!data.names) return; // an earlier call is still waiting for them
  setColour(state.colour, state.solo);
  describeView(value.views.find((view) => view.name === state.view));
  readAddress();
}

function whenPlaced() {
  problem.hidden = true;
  stage.setAttribute("aria-label", count());
  setTool(tool);
  setColour("modality");
  setView(state.view);
}

function whenNamed() {
  setColour(address().colour || "class");
  describeView(props.value.views.find((view) => view.name === state.view));
  readAddress();
  if (state.cursor < 0) return;
  showCard(state.cursor); // whoever was quicker than the names hears them now
  tell(state.cursor);
}

// The figures are there: the colours, words and columns that need them.
function whenCounted() {
  const { colour, solo } = address();
  colour ? setColour(colour, soloOf(solo)) : drawBar();
  drawNotes();
  drawSelection();
}

drawAll();
watch("value", drawAll);
