// Which gallery is shown, and the way to another one: its page has an address of its own, and what
// was searched for goes along.
import { el, refill } from "./dom.js";
import { here } from "./go.js";

const ALONG = ["tab", "q"]; // parameters that mean something in every gallery

export function switcher(words) {
  const select = el("select", { id: "gallery-choice" });
  const node = el("label", { class: "gallery-switcher", hidden: true },
    el("span", { class: "visually-hidden" }, words.gallery), select);
  let drawn = "";

  function draw(galleries) {
    node.hidden = !galleries.length;
    const now = JSON.stringify(galleries);
    if (now === drawn) return;
    drawn = now;
    refill(select, galleries.map(({ href, name, here: shown }) =>
      el("option", { value: href, selected: shown }, name)));
  }
  select.addEventListener("change", () => openGallery(select.value));
  return { node, draw };
}

// Open a gallery by its page's address, with what is searched for now.
export function openGallery(href) {
  const given = here();
  const kept = new URLSearchParams(ALONG.filter((name) => given[name]).map((name) => [name, given[name]]));
  location.assign(new URL(href + (kept.size ? `?${kept}` : ""), document.baseURI));
}
