// The top of the page: its name, what is open or how far opening has come, link and theme buttons.
// props.value: see `StatusShown` in app/kit/contract.py.
import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { go, here } from "./go.js";
import { switcher } from "./switcher.js";
import { isDark, setDark } from "./theme.js";

const WAITING = ["starting", "opening", "indexing", "tuning"]; // phases that end by themselves

export function mount({ root, props, trigger, watch, words }) {
  const quiet = (text, options) => el("button", { type: "button", class: "quiet-button", ...options }, text);
  const status = el("p", { class: "header-status", role: "status" });
  const bar = el("progress", { class: "header-progress", hidden: true, "aria-label": words.title });
  const stop = quiet(words.stop, { hidden: true, onclick: () => trigger("stop") });
  const resume = quiet(words.go_on, { hidden: true, onclick: () => trigger("resume") });
  const newer = el("p", { class: "header-status", role: "status", hidden: true }, words.newer);
  const renew = quiet(words.renew, { hidden: true, onclick: () => trigger("renew") });
  const galleries = switcher(words, (sentence) => (status.textContent = sentence));
  const lost = el("p", { class: "header-status", role: "status", hidden: !here().lost }, words.lost);
  root.append(
    el("div", { class: "header-name" },
      el("h1", null, words.title),
      el("p", { class: "header-tagline" }, words.tagline)),
    el("div", { class: "header-state" }, lost, galleries.node, status, bar, stop, resume, newer, renew),
    el("div", { class: "header-buttons" }, el("div", { class: "header-slot" }),
      copyButton({ ...words, copy: words.copy_link }, () => location.href), themeButton(words)),
  );

  if (here().lost) setTimeout(() => go({ lost: null }, { replace: true })); // said once

  document.addEventListener("explorer:tune", () => trigger("tune"));

  let opened = 0; // what answered when the view was asked for
  function draw() {
    const value = props.value || {};
    galleries.draw(value.galleries || [], value.recent || []);
    if (status.textContent !== value.sentence) status.textContent = value.sentence || "";
    status.dataset.phase = value.phase || "";
    bar.hidden = !WAITING.includes(value.phase);
    if (value.total > 0) {
      bar.max = value.total;
      bar.value = value.done;
    } else bar.removeAttribute("value");
    newer.hidden = !value.newer;
    renew.hidden = !value.newer || !value.operator; // for all visitors at once
    const held = [stop, resume].includes(document.activeElement);
    // Only who runs the page may stop what it prepares.
    const label = { indexing: words.stop, tuning: words.stop_tuning }[value.phase];
    if (label && stop.textContent !== label) stop.textContent = label;
    stop.hidden = !label || !value.operator;
    if (opened && value.opened && value.opened !== opened) { // other scenes or settings answer now
      document.dispatchEvent(new CustomEvent("explorer:again"));
    }
    opened = value.opened || opened;
    resume.hidden = value.phase !== "stopped" || !value.operator;
    if (held && !resume.hidden) resume.focus(); // in the place of the one that is gone
  }
  draw();
  watch("value", draw);
}

function themeButton(words) {
  const button = el("button", { type: "button", class: "quiet-button", title: words.theme });
  const name = () => (button.textContent = isDark() ? words.to_light : words.to_dark);
  button.addEventListener("click", () => {
    setDark(!isDark());
    name();
  });
  new MutationObserver(name).observe(document.body, { attributeFilter: ["class"] });
  name();
  return button;
}
