// What holds for the whole page from its start, whatever is shown. Runs once, from the head.
import "./go.js"; // notices from now on whether a person touches the tabs
import { holdChosen } from "./theme.js";

holdChosen();

// For screen readers, and for how numbers are written.
document.documentElement.lang = document.querySelector("meta[name=explorer-language]").content;

// A picture that is dropped beside a field would open in the place of the page.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) =>
    [...(event.dataTransfer?.types || [])].includes("Files") && event.preventDefault());
}
