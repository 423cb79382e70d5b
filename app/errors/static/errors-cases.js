// Errors, second part: lists of cases, and the review of errors that may be none.
// Verdicts stay in this browser, under the index and the checkpoint that they are of.
const page = (list) => {
  const turn = (label, start) => button(label, () => go({ from: start || null }), {
    disabled: start === null, key: "turn " + label,
  });
  return el("div", { class: "errors-turn" },
    turn(W.earlier, list.earlier), turn(W.later, list.later));
};

function openCase(one) {
  return button(W.open_case, () => go(one.search), {
    class: "main-button errors-open", "aria-label": say(W.open_case_spoken, { text: one.text }),
    key: "open " + one.key,
  });
}

const quote = (one) => el("p", { class: one.quoted ? "errors-quote" : "errors-name" }, one.text);

function caseCard(one) {
  return el("li", { class: "errors-case" },
    el("div", { class: "errors-pictures" },
      picture(one.truth, { label: one.truth.label, kind: "true" }),
      one.wrong ? picture(one.wrong, { label: one.wrong.label, kind: "wrong" }) : null),
    el("div", { class: "errors-case-text" },
      quote(one),
      one.class ? el("p", { class: "errors-class" }, one.class) : null,
      one.wrong_caption ? el("p", { class: "errors-said" }, "× ", one.wrong_caption) : null,
      el("p", { class: "errors-ranks" },
        el("span", { class: "visually-hidden" }, one.spoken),
        el("span", { "aria-hidden": "true", title: W.rank },
          el("span", { class: "was" }, one.ranks.before), " → ", el("strong", null, one.ranks.after)),
        chip(one.move)),
      one.alike ? el("p", { class: "errors-alike" }, one.alike) : null,
      openCase(one)));
}

function filter(name, label, value, classes) {
  const id = "errors-" + name;
  const select = el("select", { id, data: { focus: id } },
    el("option", { value: "" }, W.all_classes),
    classes.map((one) => el("option", { value: one, selected: one === value }, one)));
  select.addEventListener("change", () => go({ [name]: select.value || null, from: null }));
  return el("div", { class: "choice" }, el("label", { for: id }, label), select);
}

function drawCases({ list }) {
  return [
    el("header", { class: "errors-list-head" },
      el("h2", null, list.title),
      el("div", { class: "errors-filters" },
        list.classes.length > 1 ? filter("of", W.of, list.of, list.classes) : null,
        list.classes.length > 1 ? filter("hit", W.hit, list.hit, list.classes) : null)),
    el("p", { class: "errors-help" }, list.range),
    el("ul", { class: "errors-cases" }, list.cases.map(caseCard)),
    list.cases.length ? page(list) : null,
  ];
}

// Verdicts.

const VERDICTS = ["right", "wrong", "unsure"];
const store = () => "explorer-verdicts:" + props.value.version;

function verdicts() {
  try {
    const kept = JSON.parse(localStorage.getItem(store()) || "{}");
    return Object.fromEntries(Object.entries(kept).filter(([, said]) => VERDICTS.includes(said)));
  } catch {
    return {}; // something else wrote there, or the browser keeps nothing
  }
}

function judge(key, said) {
  const kept = verdicts();
  if (kept[key] === said) delete kept[key];
  else kept[key] = said;
  try {
    localStorage.setItem(store(), JSON.stringify(kept));
  } catch { /* a browser that keeps nothing: the verdict is gone with the page */ }
}

function tally(review) {
  const kept = verdicts();
  const said = review.keys.map((key) => kept[key]).filter(Boolean);
  const count = Object.fromEntries(VERDICTS.map((name) => [name, said.filter((v) => v === name).length]));
  const share = (n) => ((100 * n) / review.queries).toFixed(1) + " %";
  const sentences = [say(W.reviewed, { n: said.length, total: review.keys.length, ...count })];
  if (count.right) {
    sentences.push(say(W.adjusted, { before: share(review.right), after: share(review.right + count.right) }));
  }
  return sentences.join(" ");
}

function reviewCard(one, told) {
  const group = el("div", { class: "errors-verdicts", role: "group", "aria-label": W.verdict });
  const drawGroup = () => {
    const said = verdicts()[one.key];
    group.replaceChildren(...VERDICTS.map((name) => button(W.verdicts[name], () => {
      judge(one.key, name);
      drawGroup();
      told();
      group.querySelector(`[data-name="${name}"]`).focus();
    }, { "aria-pressed": String(said === name), data: { name }, class: "errors-verdict",
      key: `verdict ${name} ${one.key}` })));
  };
  drawGroup();
  const side = (label, scene, text, kind) => el("div", { class: "errors-side" },
    picture(scene, { label: scene.label, kind }),
    el("div", null, el("p", { class: "errors-label" }, label), el("p", { class: "errors-quote" }, text)));
  return el("li", { class: "errors-case errors-review-case" },
    side(W.asked, one.truth, one.against, "true"),
    side(W.found, one.wrong, one.nearest, "wrong"),
    el("div", { class: "errors-case-text" },
      el("p", { class: "errors-alike" }, one.alike), group, openCase(one)));
}

function drawReview({ list, review }) {
  const told = el("p", { class: "errors-tally", role: "status" });
  const tell = () => (told.textContent = tally(review));
  tell();
  const id = "errors-fit";
  const shown = el("output", { for: id }, review.fit.toFixed(2));
  const slider = el("input", { type: "range", id, min: 0.5, max: 1, step: 0.01, value: review.fit,
    data: { focus: id } });
  slider.addEventListener("input", () => {
    shown.textContent = Number(slider.value).toFixed(2);
    go({ fit: Number(slider.value) === 0.9 ? null : slider.value, from: null }, { replace: true });
  });
  const forget = button(W.forget, () => {
    localStorage.removeItem(store());
    draw();
  });
  return [
    el("header", { class: "errors-list-head" }, el("h2", null, list.title),
      el("div", { class: "slider" }, el("label", { for: id }, W.fit), slider, shown)),
    el("p", { class: "errors-help" }, review.help),
    el("p", { class: "errors-help" }, review.count + " ", list.cases.length ? list.range : ""),
    el("div", { class: "errors-judged" }, told, el("p", { class: "errors-help" }, W.kept_here), forget),
    el("ul", { class: "errors-cases" }, list.cases.map((one) => reviewCard(one, tell))),
    list.cases.length ? page(list) : null,
  ];
}
