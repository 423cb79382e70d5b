// Light or dark: the person's own choice first, else what the system prefers (Gradio's default).
import { keep, recall } from "./kept.js";

const STORE = "explorer-theme";

export const isDark = () => document.body.classList.contains("dark");

export function setDark(dark) {
  document.body.classList.toggle("dark", dark);
  keep(STORE, dark ? "dark" : "light");
  document.dispatchEvent(new CustomEvent("explorer:theme", { detail: { dark } }));
}

// Gradio sets its own choice while it starts; what was chosen before stands.
export function holdChosen() {
  const chosen = recall(STORE);
  if (!chosen) return;
  const dark = chosen === "dark";
  const apply = () => document.body.classList.toggle("dark", dark);
  apply();
  const observer = new MutationObserver(() => isDark() !== dark && apply());
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  setTimeout(() => observer.disconnect(), 3000);
}

// Whether a person has asked for little motion.
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
