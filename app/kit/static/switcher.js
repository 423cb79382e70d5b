// Which gallery is shown, and the way to another one: its page has an address of its own, and what
// was searched for goes along.
import { el, refill } from "./dom.js";
import { go, here } from "./go.js";

const ALONG = ["tab", "q"]; // parameters that mean something in every gallery
const EVERY = "?in=all"; // the choice that stands for all of them

export function switcher(words) {
  const select = el("select", { id: "gallery-choice" });
  const node = el("label", { class: "gallery-switcher", hidden: true },
    el("span", { class: "visually-hidden" }, words.gallery), select);
  let drawn = "";
  let own; // the gallery whose page this is

  function draw(galleries) {
    node.hidden = !galleries.length;
    const now = JSON.stringify(galleries);
    if (now === drawn) return;
    drawn = now;
    refill(select, [...galleries.map(({ href, name, here: shown }) =>
      el("option", { value: href, selected: shown }, name)), el("option", { value: EVERY }, words.all_galleries)]);
    own = galleries.find((one) => one.here)?.href;
    follow();
  }
  // All of them are searched where the address says so.
  function follow() {
    const { tab, in: within } = here();
    select.value = within && !tab ? EVERY : own;
  }
  select.addEventListener("change", () => {
    if (select.value === EVERY) go({ tab: "search", in: "all", scene: null, marks: null });
    else openGallery(select.value);
  });
  for (const [target, name] of [[window, "popstate"], [document, "explorer:go"]]) {
    target.addEventListener(name, () => setTimeout(follow));
  }
  return { node, draw };
}

// Open a gallery by its page's address, with what is searched for now.
export function openGallery(href) {
  const given = here();
  const kept = new URLSearchParams(ALONG.filter((name) => given[name]).map((name) => [name, given[name]]));
  location.assign(new URL(href + (kept.size ? `?${kept}` : ""), document.baseURI));
}
