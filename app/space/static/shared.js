// What the map's scripts, no modules yet, find as window.explorer. Runs once, in the head.
window.explorer = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  // Build an element: text and attributes only, never markup. `on...` attributes take functions.
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "class") node.setAttribute("class", value);
      else if (name === "data") Object.assign(node.dataset, value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof Node ? child : String(child));
    }
    return node;
  }
  const el = (tag, attributes, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  // Fill the {fields} of one of the page's own sentences; what is filled in stays text.
  const say = (sentence, values) =>
    sentence.replace(/\{(\w+)\}/g, (field, name) => (name in values ? values[name] : field));

  // Open something: the given parameters replace those of the address, null removes one.
  // go({tab: "look", scene: "harbour_12.webp"}), go({tab: "search", q: "a red roof"})
  // With {replace: true}, the browser's "back" skips what was shown before (a moving slider).
  const go = (params, { replace = false } = {}) =>
    document.dispatchEvent(new CustomEvent("explorer:go", { detail: { params, replace } }));

  // A tab was chosen. Gradio says so of the tab that it starts with as well, at times so late that
  // it would lead away from what the link asks for; before a person touches the tabs, nobody chose.
  let touched = false;
  document.addEventListener("click", (event) => {
    touched ||= Boolean(event.target.closest?.(".tab-wrapper button"));
  }, true);
  const choose = (tab) => touched && go({ tab });

  // Tell a screen reader what changed.
  let region = null;
  function announce(sentence) {
    if (!region) {
      region = el("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
      document.body.append(region);
    }
    region.textContent = sentence;
  }

  // What this browser keeps for the page; one that keeps nothing (a frame may not) is fine too.
  const kept = {
    get(name) {
      try {
        return localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        localStorage.setItem(name, value);
      } catch { /* gone with the page */ }
    },
  };

  // A picture that a person gives is found by a token, NAME.SECRET. Addresses hold the name alone,
  // so that a link that is passed on shows the picture in this browser and to nobody else.
  const pictures = (() => {
    const [STORE, MOST, NAMES] = ["explorer-pictures", 20, ["upload", "own"]];
    let given = []; // tokens, the latest last
    function known() {
      try {
        const old = JSON.parse(kept.get(STORE) || "[]").filter((one) => typeof one === "string");
        return [...new Set([...old, ...given])];
      } catch {
        return given;
      }
    }
    const name = (token) => token.split(".")[0];
    function change(params, how) {
      const own = NAMES.filter((one) => params[one]);
      return { ...params, ...Object.fromEntries(own.map((one) => [one, how(params[one])])) };
    }
    function hide(token) {
      given = [...known(), token].slice(-MOST);
      kept.set(STORE, JSON.stringify(given));
      return name(token);
    }
    const find = (text) => known().findLast((token) => name(token) === text) || text;
    return { short: (params) => change(params, hide), whole: (params) => change(params, find) };
  })();

  // A picture that is dropped beside a field would open in the place of the page.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) =>
      [...(event.dataTransfer?.types || [])].includes("Files") && event.preventDefault());
  }

  // Light or dark: the person's own choice first, else what the system prefers (Gradio's default).
  const isDark = () => document.body.classList.contains("dark");
  function setDark(dark) {
    document.body.classList.toggle("dark", dark);
    kept.set("explorer-theme", dark ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("explorer:theme", { detail: { dark } }));
  }
  const chosen = kept.get("explorer-theme");
  if (chosen) {
    const apply = () => document.body.classList.toggle("dark", chosen === "dark");
    const hold = () => {
      apply();
      // Gradio sets its own choice while it starts; ours stands.
      const observer = new MutationObserver(() => isDark() !== (chosen === "dark") && apply());
      observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
      setTimeout(() => observer.disconnect(), 3000);
    };
    if (document.body) hold();
    else document.addEventListener("DOMContentLoaded", hold);
  }

  // Hand the browser a file.
  function save(blob, name) {
    const url = URL.createObjectURL(blob);
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  // A cell of a table as a file. A spreadsheet must not take a caption for a formula.
  const cell = (value) => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  // A table, its head first, as a file that is named after the data set and what it holds.
  function saveCsv(rows, data, what) {
    const text = rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const name = `${data.replace(/[^\w-]+/g, "_") || what}_${what}.csv`;
    save(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }), name);
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  return { el, svg, say, go, choose, announce, pictures, isDark, setDark, save, saveCsv, calm };
})();
