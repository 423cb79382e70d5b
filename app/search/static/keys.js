// Keys for what is done often, and the list of them. A person can switch the single letters off.
import { el, refill } from "../../kit/static/dom.js";
import { keep, recall } from "../../kit/static/kept.js";
import { table } from "../../kit/static/table.js";

const STORE = "explorer-keys";

// acts: a key -> what it does; shown(): whether the results are in sight. Gives {open}, the list.
export function takeKeys({ words, shown, acts }) {
  const on = el("input", { type: "checkbox", id: "keys-on", checked: recall(STORE) !== "off",
    onchange: () => keep(STORE, on.checked ? "on" : "off") });
  const dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" });
  dialog.addEventListener("close", () => dialog.remove());
  function open() {
    refill(dialog,
      el("h2", { id: "keys-title" }, words.keys_title),
      table({ caption: words.keys_title, head: words.keys_head,
        rows: words.keys_list.map(([key, does]) => [el("kbd", null, key), does]) }),
      el("p", null, on, " ", el("label", { for: "keys-on" }, words.keys_on)),
      el("button", { type: "button", class: "main-button", onclick: () => dialog.close() }, words.close));
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, textarea, select, dialog, [contenteditable]")
      || document.querySelector("dialog:modal");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || !shown()) return;
    const key = event.key === "=" ? "+" : event.key === "_" || event.key === "−" ? "-" : event.key;
    const act = key === "?" ? open : on.checked && acts[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  return { open };
}
