// The parameters of the address bar, from anywhere on the page. address.js does what is asked here.

export const here = () => Object.fromEntries(new URLSearchParams(location.search));

// Open something: the given parameters replace those of the address, null removes one.
// go({tab: "look", scene: "harbour_12.webp"}), go({tab: "search", q: "a red roof"})
// With {replace: true}, the browser's "back" skips what was shown before (a moving slider).
export const go = (params, { replace = false } = {}) =>
  document.dispatchEvent(new CustomEvent("explorer:go", { detail: { params, replace } }));

// A tab was chosen. Gradio says so of the tab that it starts with as well, at times so late that
// it would lead away from what the link asks for; before a person touches the tabs, nobody chose.
let touched = false;
document.addEventListener("click", (event) => {
  touched ||= Boolean(event.target.closest?.(".tab-wrapper button"));
}, true);

export const choose = (tab) => touched && go({ tab });
