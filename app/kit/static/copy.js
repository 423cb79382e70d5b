// A button that copies a text and says so for a moment.
import { el } from "./dom.js";
import { announce } from "./speak.js";

const WHILE = 2500; // milliseconds

// words: {copy, copied, copy_failed}; text(): what is copied.
export function copyButton(words, text) {
  const button = el("button", { type: "button", class: "quiet-button" }, words.copy);
  button.addEventListener("click", async () => {
    let said = words.copied;
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      said = words.copy_failed;
    }
    button.textContent = said;
    announce(said);
    setTimeout(() => (button.textContent = words.copy), WHILE);
  });
  return button;
}
