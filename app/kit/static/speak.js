// What a screen reader is told when something changes that it would not notice.
import { el } from "./dom.js";

let region = null;

export function announce(sentence) {
  if (!region) {
    region = el("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(region);
  }
  region.textContent = sentence;
}
