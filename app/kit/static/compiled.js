// The page without eval. Gradio makes functions of texts: of a component's template, of its
// `js_on_load`, of a listener's `js`. The page's policy forbids that, so this stands in the place of
// the constructors that make them: what our own texts say (app/kit/page.py) is done here, and any
// other text goes to the browser, which refuses it. No module: it runs before Gradio's own scripts.
(() => {
  const QUOTED = /^\s*return\s+("(?:[^"\\]|\\.)*");?\s*$/; // what Handlebars makes of plain HTML
  const PLAIN = /^\s*return `([^`\\$]*)`;?\s*$/; // and what Gradio makes of that
  const LISTENER = /^return \(\n([^]*)\n\);$/;
  const OURS = /^scripts\/[0-9a-f]{12}\/[a-z_]+\/static\/[a-z_-]+\.js$/;

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  function load(link) {
    if (!OURS.test(link)) throw new EvalError(`${link} is no script of this page`);
    return import(new URL(link, document.baseURI));
  }

  // What a text that returns one constant makes; undefined: it is none.
  function constant(text) {
    const value = QUOTED.test(text) ? parsed(QUOTED.exec(text)[1]) : PLAIN.exec(text)?.[1];
    return value === undefined || value === null ? undefined : () => value;
  }

  // `own_html` of app/kit/page.py: the module MOUNT draws inside the element of the class ROOT.
  function mounting({ mount: link, root: name, failed, ...said }) {
    return (element, trigger, props, server, upload, watch) => {
      const root = element.querySelector(`.${name}`);
      const read = { text: null, value: null };
      const given = new Proxy(props, {
        get(from, field) {
          if (field !== "value") return from[field];
          const { value: text } = from;
          if (read.text !== text) Object.assign(read, { text, value: text && JSON.parse(text) });
          return read.value;
        },
      });
      load(link).then(
        ({ mount }) => mount({ element, root, props: given, trigger, watch, upload, ...said }),
        (error) => {
          root.textContent = failed;
          throw error;
        });
    };
  }

  function told(parts) {
    const text = String(parts.at(-1) ?? "");
    const said = text.startsWith("{") && parts[0] === "element" ? parsed(text) : null;
    return said?.mount ? mounting(said) : constant(text);
  }

  // `calling` of app/kit/page.py: a module's function, with what it is given.
  function toldLater(parts) {
    const said = parsed(LISTENER.exec(String(parts.at(-1) ?? ""))?.[1] ?? "");
    if (!said?.call) return undefined;
    return async () => async () => {
      (await load(said.script))[said.call](...said.with);
    };
  }

  function inPlaceOf(constructor, says) {
    const make = (_, parts) => says(parts) ?? Reflect.construct(constructor, parts);
    return new Proxy(constructor, { construct: make, apply: (self, _, parts) => make(self, parts) });
  }

  globalThis.Function = inPlaceOf(Function, told);
  const later = Object.getPrototypeOf(async () => {});
  const value = inPlaceOf(later.constructor, toldLater);
  Object.defineProperty(later, "constructor", { value, configurable: true });
})();
