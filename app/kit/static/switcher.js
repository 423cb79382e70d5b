// Which gallery is shown, and the way to another one: its page has an address of its own, and what
// was searched for goes along.
import { el, refill } from "./dom.js";
import { go, here } from "./go.js";

const ALONG = ["tab", "q"]; // parameters that mean something in every gallery
const EVERY = "?in=all"; // the choice that stands for all of them

const AGAIN = "?again="; // and for one that was opened another time, by its key

// complain(sentence): one could not be opened.
export function switcher(words, complain) {
  const select = el("select", { id: "gallery-choice" });
  const node = el("label", { class: "gallery-switcher", hidden: true },
    el("span", { class: "visually-hidden" }, words.gallery), select);
  const option = (value, name) => el("option", { value }, name);
  let drawn = "";
  let first; // the first gallery's page
  let own; // that of the gallery that is shown

  function draw(galleries, recent) {
    node.hidden = !galleries.length;
    const now = JSON.stringify([galleries, recent]);
    if (now === drawn) return;
    drawn = now;
    refill(select, galleries.map(({ href, name }) => option(href, name)),
      galleries.length > 1 ? option(EVERY, words.all_galleries) : null,
      recent.length ? el("optgroup", { label: words.recent },
        recent.map(({ key, name }) => option(AGAIN + key, name))) : null);
    first = galleries[0]?.href;
    own = galleries.find((one) => one.here)?.href;
    follow();
  }
  async function openAgain(key) {
    const body = JSON.stringify({ recent: key });
    const answer = await fetch("add/open", { method: "POST", body }).catch(() => null);
    if (answer?.ok) return openGallery(`${first}g/${(await answer.json()).gallery}/`);
    complain(answer ? await answer.text() : words.lost_connection);
    follow();
  }
  // All of them are searched where the address says so.
  function follow() {
    const { tab, in: within } = here();
    select.value = within && !tab ? EVERY : own;
  }
  select.addEventListener("change", () => {
    if (select.value === EVERY) go({ tab: "search", in: "all", scene: null, marks: null });
    else if (select.value.startsWith(AGAIN)) openAgain(select.value.slice(AGAIN.length));
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
