// The top of the page: its name, what is open or how far opening has come, link and theme buttons.
// props.value: {phase, sentence, done, total}.
const { el, say, isDark, setDark, announce } = window.explorer;
const words = WORDS;

const status = el("p", { class: "header-status", role: "status" });
const bar = el("progress", { class: "header-progress", hidden: true, "aria-label": words.title });
const stop = el("button", { type: "button", class: "quiet-button", hidden: true }, words.stop);
stop.addEventListener("click", () => trigger("stop"));
const resume = el("button", { type: "button", class: "quiet-button", hidden: true }, words.go_on);
resume.addEventListener("click", () => trigger("resume"));

const copy = el("button", { type: "button", class: "quiet-button" }, words.copy_link);
copy.addEventListener("click", async () => {
  let said = words.copied;
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    said = words.copy_failed;
  }
  copy.textContent = said;
  announce(said);
  setTimeout(() => (copy.textContent = words.copy_link), 2500);
});

const theme = el("button", { type: "button", class: "quiet-button", title: words.theme });
const nameTheme = () => (theme.textContent = isDark() ? words.to_light : words.to_dark);
theme.addEventListener("click", () => {
  setDark(!isDark());
  nameTheme();
});
new MutationObserver(nameTheme).observe(document.body, { attributeFilter: ["class"] });

element.querySelector(".header").append(
  el("div", { class: "header-name" },
    el("h1", null, words.title),
    el("p", { class: "header-tagline" }, words.tagline)),
  el("div", { class: "header-state" }, status, bar, stop, resume),
  el("div", { class: "header-buttons" }, copy, theme),
);

function draw() {
  const value = props.value || {};
  if (status.textContent !== value.sentence) status.textContent = value.sentence || "";
  status.dataset.phase = value.phase || "";
  bar.hidden = !["starting", "opening", "indexing"].includes(value.phase);
  if (value.total > 0) {
    bar.max = value.total;
    bar.value = value.done;
  } else bar.removeAttribute("value");
  const held = [stop, resume].includes(document.activeElement);
  stop.hidden = value.phase !== "indexing";
  resume.hidden = value.phase !== "stopped";
  if (held && !resume.hidden) resume.focus(); // in the place of the one that is gone
}
nameTheme();
draw();
watch("value", draw);
