// The address bar: the one way in which a view is opened, from a link, by another view, or by the
// browser's back and forward. props.value: see `Ready`, `Answered`, `Go` in app/kit/contract.py;
// props.names has the parameters that a tab depends on, props.pictures those that hold a picture's
// token.
import { go, here } from "./go.js";
import { newTicket, placeInLine } from "./line.js";
import { complete, shorten } from "./pictures.js";
import { inTurn } from "./turns.js";

export function mount({ props, trigger, watch, words, settings }) {
  const { tabs, old_names: oldNames } = settings; // the first tab is not named in an address
  let ready = false;
  let current = ""; // the tab that is shown
  const shown = {}; // tab -> the parameters that it shows, as a string
  const follow = placeInLine(words);
  const turns = inTurn((tab, params, count) => {
    const ticket = newTicket();
    trigger(`open_${tab}`, { params: complete(params, props.pictures), count, ticket });
    follow(ticket, () => turns.waits(tab, count), () => {
      delete shown[tab]; // so that it can be asked again
      turns.answered(tab);
    });
  });

  // The part of the parameters that a tab depends on, to see whether it must be opened again.
  function key(tab, params) {
    const own = Object.entries(clean(params)).filter(([name]) => props.names[tab].includes(name));
    return JSON.stringify(own);
  }

  function open(params) {
    const asked = oldNames[params.tab] || params.tab;
    const tab = tabs.includes(asked) ? asked : tabs[0];
    if (tab !== current) {
      current = tab;
      trigger("show", { tab });
    }
    if (!ready || shown[tab] === key(tab, params)) return;
    shown[tab] = key(tab, params);
    turns.ask(tab, clean(params));
  }

  function read() {
    const value = props.value || {};
    if (value.ready && !ready) {
      ready = true;
      open(here());
    }
    if (value.answered) return turns.answered(value.answered);
    if (value.go) go(shorten(value.go, props.pictures));
  }

  document.addEventListener("explorer:go", (event) => {
    const params = { ...here(), ...event.detail.params };
    if (params.tab === tabs[0]) params.tab = null;
    const left = current;
    write(params, event.detail.replace);
    open(clean(params));
    if (current !== left) scrollTo(0, 0); // what is opened begins at its top
  });
  document.addEventListener("explorer:again", () => {
    for (const tab of Object.keys(shown)) delete shown[tab];
    open(here());
  });
  window.addEventListener("popstate", () => open(here()));
  watch("value", read);
  open(here());
  read();
}

function clean(params) {
  const kept = Object.entries(params).filter(([, v]) => v !== null && v !== undefined && v !== "");
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]).sort());
}

function write(params, replace) {
  const query = new URLSearchParams(clean(params)).toString();
  const url = location.pathname + (query ? "?" + query : "");
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
}
