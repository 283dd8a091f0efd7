// compute.js: the engine in the static page. One worker a model, shared by every widget, made at the first question.
// Classic script inside host.js. file:// refuses fetch and worker files, so the engine's text and the weights arrive by
// <script> tags and the worker is a Blob. Where there is no Worker, the same text runs in the page itself.
function pageCompute(base) {
  const opened = new Map();

  const attach = (path) => new Promise((resolve, reject) => {
    const tag = Object.assign(document.createElement("script"), { src: base + path, onload: resolve });
    tag.onerror = () => reject(new Error(`O arquivo ${path} não foi encontrado. Para refazer o site: make book.`));
    document.head.append(tag);
  });

  // The engine listens on `self` and answers through `postMessage`; both can be given to it.
  function inPage(source) {
    const self = { postMessage: (data) => setTimeout(() => port.onmessage?.({ data })) };
    const port = { postMessage: (data) => setTimeout(() => self.onmessage({ data })) };
    new Function("self", "postMessage", source)(self, self.postMessage);
    return port;
  }
  function makeWorker(source) {
    try {
      return new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    } catch {
      return inPage(source);
    }
  }

  async function open(name) {
    const path = `models/${name}.js`;
    await Promise.all([globalThis.llmEngine ?? attach("engine.js"), attach(path)]);
    const file = globalThis.llmPageFiles?.[name];
    if (!file) throw new Error(`O arquivo ${path} está incompleto ou corrompido. Para refazê-lo: make book.`);
    const worker = makeWorker(globalThis.llmEngine), calls = new Map();
    let last = 0;
    worker.onmessage = ({ data: { id, event, result, error } }) => {
      const call = calls.get(id);
      if (!call) return;
      if (event !== undefined) return call.onEvent?.(event);
      calls.delete(id);
      error !== undefined ? call.reject(new Error(error)) : call.resolve(result);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      for (const call of calls.values()) call.reject(new Error("O motor do modelo parou. Recarregue a página."));
      calls.clear();
    };
    const ask = (method, params, { onEvent, signal } = {}) => new Promise((resolve, reject) => {
      const id = ++last;
      calls.set(id, { resolve, reject, onEvent });
      signal?.addEventListener("abort", () => worker.postMessage({ cancel: id }));
      worker.postMessage({ id, method, params });
    });
    await ask("load", { file });
    delete globalThis.llmPageFiles[name]; // the worker has its own copy
    return ask;
  }

  return async (name, method, params, options) => {
    if (!opened.has(name)) opened.set(name, open(name));
    return (await opened.get(name))(method, params, options);
  };
}
