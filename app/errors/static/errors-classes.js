// Errors, third part: recall by class, confusion between classes, and hubs.
const scroll = (label, ...children) =>
  el("div", { class: "errors-scroll", tabindex: 0, role: "region", "aria-label": label }, children);

let sorted = { by: "change", down: false }; // of the table of classes
let side = "after"; // of the confusion

const columns = () => [
  ["name", W.class], ["n", W.n], ["before", W.before], ["after", W.after], ["change", W.change],
  ["fixed", W.cells.fixed], ["broken", W.cells.broken],
];

function classTable({ rows }) {
  const { by, down } = sorted;
  const order = [...rows].sort((a, b) => {
    const way = typeof a[by] === "string" ? a[by].localeCompare(b[by]) : a[by] - b[by];
    return (down ? -way : way) || a.name.localeCompare(b.name);
  });
  const sort = (name) => () => {
    sorted = { by: name, down: name === by ? !down : name !== "name" };
    draw();
  };
  const head = columns().map(([name, label]) =>
    el("th", { scope: "col", "aria-sort": name === by ? (down ? "descending" : "ascending") : null },
      button(label + (name === by ? (down ? " ▾" : " ▴") : ""), sort(name), {
        class: "errors-sort", "aria-label": say(W.sort_by, { column: label }), key: "sort " + name,
      })));
  const most = Math.max(10, ...rows.flatMap(({ before, after }) => [before, after]));
  const row = (one) => el("tr", null,
    el("th", { scope: "row" }, button(one.name, () => showCases({ of: one.name }), {
      class: "errors-link", "aria-label": say(W.show_cases, { name: one.name }), key: "class " + one.name,
    })),
    el("td", null, one.n), el("td", null, one.shown[0]), el("td", null, one.shown[1]),
    el("td", null, el("span", { class: "move", data: { kind: kindOf(one.change) } },
      el("span", { "aria-hidden": "true" }, sign(kindOf(one.change)) + " "), one.shown[2])),
    el("td", null, one.fixed), el("td", null, one.broken),
    el("td", { class: "errors-figure" }, dumbbell(one, most, { wide: 110 })));
  const { within } = props.value.bar;
  return scroll(W.by_class, el("table", { class: "errors-table" },
    el("caption", null, say(W.recall_at, { k: within.value })),
    el("thead", null, el("tr", null, head, el("td", { class: "errors-figure" }))),
    el("tbody", null, order.map(row))));
}

const kindOf = (change) => (change > 0.05 ? "up" : change < -0.05 ? "down" : "same");
const showCases = (params) =>
  go({ part: null, cell: "wrong", of: null, hit: null, from: null, ...params });

function confused({ names, cells }) {
  const at = side === "before" ? 2 : 3;
  const pairs = cells.filter(([of, hit, ...n]) => of !== hit && n[at - 2]).sort((a, b) => b[at] - a[at]);
  const row = ([of, hit, before, after]) => el("tr", null,
    el("th", { scope: "row" }, button(names[of], () => showCases({ of: names[of], hit: names[hit] }), {
      class: "errors-link", key: `pair ${of} ${hit}`,
      "aria-label": say(W.show_cases, { name: `${names[of]}, ${W.hit}: ${names[hit]}` }),
    })),
    el("td", { class: "errors-word" }, names[hit]), el("td", null, before), el("td", null, after));
  return el("details", { class: "errors-details" },
    el("summary", null, W.as_table),
    scroll(W.confusion_table, el("table", { class: "errors-table" },
      el("caption", null, W.confusion_table),
      el("thead", null, el("tr", null, W.confusion_columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", null, pairs.map(row)))));
}

function drawClasses({ classes }) {
  if (!classes.names.length) return [el("p", { class: "note", data: { kind: "info" } }, W.no_classes)];
  const figure = el("div", { class: "errors-figure-box" });
  const twin = el("div");
  const toggle = el("div", { class: "errors-radios", role: "group", "aria-label": W.side_label });
  const show = () => {
    const open = Boolean(twin.querySelector("details")?.open);
    figure.replaceChildren(confusionFigure(classes, side));
    twin.replaceChildren(confused(classes));
    twin.querySelector("details").open = open;
    toggle.replaceChildren(...Object.entries(W.sides).map(([name, text], i) =>
      button(`${text}: ${props.value.titles[i]}`, () => {
        side = name;
        show();
        toggle.querySelector(`[data-name="${name}"]`).focus();
      }, { class: "errors-radio", "aria-pressed": String(side === name), data: { name } })));
  };
  show();
  return [el("div", { class: "errors-halves" },
    el("section", null, el("h2", null, W.by_class), classTable(classes)),
    el("section", null, el("h2", null, W.confusion),
      el("p", { class: "errors-help" }, W.confusion_help), toggle,
      el("div", { class: "errors-scroll", tabindex: 0, role: "region", "aria-label": W.confusion }, figure),
      twin))];
}

function drawHubs({ hubs }) {
  const most = Math.max(...hubs.items.flatMap(({ before, after }) => [before, after]));
  const openHub = (one) => (one.caption
    ? () => go({ tab: "search", q: one.caption, like: null, upload: null, drop: null, scene: null })
    : () => go({ tab: "look", scene: one.scene.id }));
  const row = (one) => el("tr", null,
    el("td", { class: "errors-thumb" },
      el("img", { src: one.scene.thumbnail, alt: "", loading: "lazy", width: 56, height: 56 })),
    el("th", { scope: "row" }, button(one.caption || one.scene.title, openHub(one), {
      class: "errors-link", key: "hub " + (one.caption || one.scene.id),
    }), one.scene.class ? el("span", { class: "errors-class" }, one.scene.class) : null),
    el("td", null, one.shown[0]), el("td", null, one.shown[1]),
    el("td", { class: "errors-word" }, chip(one.change)),
    el("td", { class: "errors-figure" }, dumbbell(one, most, { mean: hubs.mean })));
  return [
    el("h2", null, W.hubs),
    el("p", { class: "errors-help" }, hubs.help),
    el("p", { class: "errors-help" }, `${hubs.skewness} ${hubs.never}`),
    scroll(W.hubs, el("table", { class: "errors-table errors-hubs" },
      el("caption", { class: "visually-hidden" }, W.hubs_alt),
      el("thead", null, el("tr", null,
        W.hub_columns.map((name) => (name ? el("th", { scope: "col" }, name) : el("td"))),
        el("td", { class: "errors-figure" }))),
      el("tbody", null, hubs.items.map(row)))),
  ];
}
