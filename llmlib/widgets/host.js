// host.js: brings the widgets of a static page to life. Expects `kit` (text) in scope, put there by assets(). Each widget runs
// the very module that a notebook runs, over a model that lives in memory. The modules come by classic scripts that the page
// lists before this one (widgets/<name>.js, of the kinds that it shows): `import` of a file is refused on file://.
const base = document.currentScript.src.replace(/[^/]*$/, "");
const compute = pageCompute(base);
const modules = {};

function loadModule(name) {
  const text = globalThis.llmWidgets?.[name];
  if (!text) throw new Error(`O arquivo widgets/${name}.js não foi encontrado. Para refazer o site: make book.`);
  return (modules[name] ??= import(URL.createObjectURL(new Blob([kit, text], { type: "text/javascript" }))));
}

// The part of a Backbone model that anywidget promises: get, set, on, off, save_changes, send.
function memoryModel(state) {
  const heard = {};
  return {
    get: (key) => state[key],
    set(key, value) {
      state[key] = value;
      for (const call of heard[`change:${key}`] ?? []) call();
    },
    on: (name, call) => (heard[name] ??= new Set()).add(call),
    off: (name, call) => heard[name]?.delete(call),
    save_changes() {},
    send() {},
  };
}

// What only a page has: an address whose fragment a widget may read and offer to share.
const address = {
  fragment: () => location.hash.slice(1),
  link: (fragment) => `${location.href.split("#")[0]}#${fragment}`,
  onchange(call) {
    addEventListener("hashchange", call);
    return () => removeEventListener("hashchange", call);
  },
};

// A heavy state lies in a file of its own (book/states.py), which its element names.
async function stateOf(element) {
  const key = element.dataset.file;
  if (!key) return JSON.parse(element.textContent);
  await compute.attach(`states/${key}.js`);
  return globalThis.llmStates[key];
}

async function start(root) {
  if (root.dataset.started) return;
  root.dataset.started = "";
  const fallback = root.querySelector(".llm-fallback"), el = document.createElement("div");
  try {
    const state = await stateOf(root.querySelector(".llm-state"));
    const name = root.dataset.model;
    // A widget that offers several models says which one in params.model.
    const ask = (method, params, options) => compute(params?.model ?? name, method, params, options);
    const trains = root.dataset.trains !== undefined;
    const host = { where: "no seu navegador", compute: trains ? compute.trainer() : name ? ask : null, address };
    const module = await loadModule(root.dataset.widget);
    root.append(el);
    module.default.render({ model: memoryModel(state), el, host });
    fallback.remove();
  } catch (error) {
    console.warn(error);
    el.replaceChildren();
    root.dataset.state = "error";
    const note = Object.assign(document.createElement("p"), { className: "llm-pill", role: "status" });
    note.textContent = `A parte interativa desta figura não abriu (${error.message}). Vale o que foi gravado.`;
    root.append(note);
  }
}

// A figure whose state must be fetched waits until the reader is some screens away.
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) if (isIntersecting) near.unobserve(target), start(target);
}, { rootMargin: "2000px" });
const startAll = () => document.querySelectorAll(".llm-widget").forEach((root) => (
  root.querySelector(".llm-state[data-file]") ? near.observe(root) : start(root)
));
document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", startAll) : startAll();
