// compute.js: the engine in the static page. One worker a model, shared by every widget, made at the first question.
// Classic script inside host.js. file:// refuses fetch and worker files, so the engine's text and the weights arrive by
// <script> tags and the worker is a Blob. Where there is no Worker, the same text runs in the page itself.
// Pieces of the engine (PIECES) are attached and sent to a worker where a question or the model needs them.
// What trains has a worker of its own and more text (train.js), and does without one: it would stop the page.
function pageCompute(base) {
  const opened = new Map(), PIECES = { trace: "trace", weights: "weights", config: "weights", embed: "embed", rerank: "rerank" }; // by method
  const SEARCH = ["collection", "chunk", "search"], LESSONS = { learn_words: "words", look_words: "words" }; // pieces of what trains
  const FAMILIES = { ModernBertForMaskedLM: "encoder", T5ForConditionalGeneration: "seq2seq", XLNetLMHeadModel: "permutation" };

  // Two who ask for a file at once wait for the same one.
  const arriving = {};
  const attach = (path) => (arriving[path] ??= new Promise((resolve, reject) => {
    const tag = Object.assign(document.createElement("script"), { src: base + path, onload: resolve });
    tag.onerror = () => reject(new Error(`O arquivo ${path} não foi encontrado. Para refazer o site: make book.`));
    document.head.append(tag);
  }).finally(() => { delete arriving[path]; }));

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

  // The text of a piece.
  async function piece(name) {
    if (!globalThis.llmPieces?.[name]) await attach(`engine/${name}.js`);
    return globalThis.llmPieces[name];
  }

  // worker -> ask(method, params, {onEvent, signal})
  function connect(worker) {
    const calls = new Map();
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
    return (method, params, { onEvent, signal } = {}) => new Promise((resolve, reject) => {
      const id = ++last;
      calls.set(id, { resolve, reject, onEvent });
      signal?.addEventListener("abort", () => worker.postMessage({ cancel: id }));
      worker.postMessage({ id, method, params });
    });
  }

  async function open(name) {
    const path = `models/${name}.js`;
    await Promise.all([globalThis.llmEngine ?? attach("engine.js"), attach(path)]);
    const file = globalThis.llmPageFiles?.[name];
    if (!file) throw new Error(`O arquivo ${path} está incompleto ou corrompido. Para refazê-lo: make book.`);
    const worker = makeWorker(globalThis.llmEngine), ask = connect(worker), family = FAMILIES[file.config?.architectures?.[0]];
    if (family) worker.postMessage({ piece: await piece(family) });
    await ask("load", { file });
    delete globalThis.llmPageFiles[name]; // the worker has its own copy
    const given = new Set();
    const whole = async (method, ...rest) => {
      const needed = !family && PIECES[method], text = needed && !given.has(needed) && (await piece(needed));
      if (text && !given.has(needed)) { // another question may have brought it meanwhile
        given.add(needed);
        worker.postMessage({ piece: text });
      }
      return ask(method, ...rest);
    };
    whole.close = () => worker.terminate?.();
    whole.sha256 = file.sha256; // what its vectors are known by
    return whole;
  }

  async function openTrainer() {
    await Promise.all([globalThis.llmEngine ?? attach("engine.js"), globalThis.llmTrain ?? attach("train.js")]);
    let worker;
    try {
      worker = new Worker(URL.createObjectURL(new Blob([globalThis.llmEngine, globalThis.llmTrain], { type: "text/javascript" })));
    } catch {
      throw new Error("Este navegador não deixa a página calcular em segundo plano, e treinar aqui a travaria");
    }
    const ask = connect(worker), given = new Map(); // piece -> when it was sent
    return async (method, ...rest) => {
      const needed = LESSONS[method];
      if (needed) await (given.get(needed) ?? given.set(needed, piece(needed).then((text) => worker.postMessage({ piece: text }))).get(needed));
      return ask(method, ...rest);
    };
  }

  // What search.js asks for: documents and vectors by <script> tags when they are first needed, and the models.
  async function openSearch() {
    const LLM = {};
    new Function("LLM", await piece("search"))(LLM);
    const brought = async (shelf, name) => {
      const path = `collections/${name}.js`;
      if (!globalThis[shelf]?.[name]) await attach(path);
      const file = globalThis[shelf]?.[name];
      if (!file) throw new Error(`O arquivo ${path} está incompleto ou corrompido. Para refazê-lo: make book.`);
      return file;
    };
    return LLM.searcher({
      collection: (name) => brought("llmCollections", name),
      vectors: (name, size, overlap) => brought("llmVectors", `${name}-${size}-${overlap}`),
      stamp: async () => (await model("mini-embed")).sha256,
      embed: (texts) => compute("mini-embed", "embed", { texts }),
      reranker: (name) => model(name),
      rerank: (query, texts, name) => compute(name, "rerank", { query, texts, model: name }),
    });
  }

  // The worker of a model. A moment of a training ("mini-base@step64") is one of many: the last three that were asked
  // keep their workers.
  function model(name) {
    const asked = opened.get(name) ?? open(name);
    opened.delete(name);
    opened.set(name, asked); // now the last
    for (const old of [...opened.keys()].filter((key) => key.includes("@")).slice(0, -3)) {
      opened.get(old).then((ask) => ask.close(), () => {});
      opened.delete(old);
    }
    return asked;
  }

  // What is asked of documents goes to no model; pairs are scored by mini-rerank, whatever the figure's own model.
  let searching;
  const compute = async (name, method, params, options) => {
    if (SEARCH.includes(method)) {
      if (!searching) (searching = openSearch()).catch(() => { searching = null; }); // and again at the next question
      return (await searching)[method](params, options);
    }
    const who = method === "rerank" ? params?.model ?? "mini-rerank" : name;
    return (await model(who))(method, params, options);
  };
  // A compute for one widget that trains: train, adjust and write. params.corpus names a text of the site, read when asked for.
  compute.trainer = () => {
    let ask;
    return async (method, params, options) => {
      if (!ask) (ask = openTrainer()).catch(() => { ask = null; }); // and again at the next press
      const trainer = ask; // it may fail, and be forgotten, while a text is on its way
      const { corpus, ...rest } = params;
      if (corpus && !globalThis.llmTexts?.[corpus]) await attach(`texts/${corpus}.js`);
      return (await trainer)(method, corpus ? { ...rest, text: globalThis.llmTexts[corpus] } : rest, options);
    };
  };
  compute.attach = attach;
  return compute;
}
