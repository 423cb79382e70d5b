// The address bar: the one way in which a view is opened, from a link, by another view, or by the
// browser's back and forward. props.value from Python is {ready: true} once the model is there, or
// {tab, params, replace}: what a tab now shows; {go}: open something;
// {answered: tab, count}: an answer has come.
const TABS = ["search", "look", "map", "errors", "about"];
// Every event that is triggered below: Gradio looks for their names, quoted, in this file.
const EVENTS = ["show", "open_search", "open_look", "open_map", "open_errors", "open_about"];
const { pictures } = window.explorer;
let ready = false;
let current = ""; // the tab that is shown
const shown = {}; // tab -> the parameters that it shows, as a string

const PATIENCE = 30000; // milliseconds after which an answer is not waited for
const asked = {}; // tab -> when, while its answer is awaited
const waiting = {}; // tab -> the parameters to ask for next
let count = 0;

const here = () => Object.fromEntries(new URLSearchParams(location.search));

function clean(params) {
  const kept = Object.entries(params).filter(([, v]) => v !== null && v !== undefined && v !== "");
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]).sort());
}

// The part of the parameters that a tab depends on, to see whether it must be opened again.
function key(tab, params) {
  const own = Object.entries(clean(params)).filter(([name]) => props.names[tab].includes(name));
  return JSON.stringify(own);
}

function write(params, replace) {
  const query = new URLSearchParams(clean(params)).toString();
  const url = location.pathname + (query ? "?" + query : "");
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
}

function open(params) {
  const tab = TABS.includes(params.tab) ? params.tab : TABS[0];
  if (tab !== current) {
    current = tab;
    trigger("show", { tab });
  }
  if (!ready || shown[tab] === key(tab, params)) return;
  shown[tab] = key(tab, params);
  ask(tab, clean(params));
}

// One question a tab at a time; of those that come meanwhile, such as a moving slider's, the last.
// (Gradio's "always_last" would repeat the data of the event that is running.)
function ask(tab, params) {
  if (Date.now() - (asked[tab] || 0) < PATIENCE) {
    waiting[tab] = params;
    return;
  }
  asked[tab] = Date.now();
  count += 1;
  trigger(EVENTS[1 + TABS.indexOf(tab)], { params: pictures.whole(params), count });
}

function answered(tab) {
  asked[tab] = 0;
  const next = waiting[tab];
  delete waiting[tab];
  if (next) ask(tab, next);
}

function read() {
  const value = props.value || {};
  if (value.ready && !ready) {
    ready = true;
    open(here());
  }
  if (value.answered) return answered(value.answered);
  if (value.go) return window.explorer.go(pictures.short(value.go));
  if (value.params) {
    const now = here();
    const params = { ...now, ...value.params };
    shown[value.tab] = key(value.tab, params);
    if (current !== value.tab) return; // the person has gone on to another tab
    write({ ...params, tab: value.tab === TABS[0] ? null : value.tab }, value.replace);
  }
}

document.addEventListener("explorer:go", (event) => {
  const params = { ...here(), ...event.detail.params };
  if (params.tab === TABS[0]) params.tab = null;
  write(params, event.detail.replace);
  open(clean(params));
});
window.addEventListener("popstate", () => open(here()));
watch("value", read);
open(here());
read();
