// What the benchmark runs in the browser: the engine (WebAssembly and plain JavaScript), its worker, onnxruntime-web.
// Each make…() resolves to {forward(ids), generate(ids, n)}; both return something that depends on the result.
// Does not choose sizes or print: builders/bench.py does.

const argmax = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

// The engine in this thread, without the worker around it.
async function makeEngine(wasm) {
  const source = await (await fetch("engine.js")).text();
  new Function("self", "postMessage", source)({}, () => {});
  const file = await (await fetch("page.json")).json();
  const model = new LLM.Model(file, LLM.bytes(file.weights), wasm ? LLM.bytes(LLM.wasm) : null);
  return {
    forward: async (ids) => { model.seen = []; return model.forward(ids); },
    async generate(ids, n) {
      const all = [...ids];
      for (model.seen = []; n > 0; n--) all.push(argmax(model.forward(all)));
      return all;
    },
  };
}

// The engine as a page has it: a worker that also tokenizes, samples and answers with the ten best tokens.
async function makeWorker() {
  const source = await (await fetch("engine.js")).text();
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const calls = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, result, error } }) => {
    if (error) throw Error(error);
    if (result) calls.get(id)(result);
  };
  const ask = (method, params) => new Promise((resolve) => {
    calls.set(++last, resolve);
    worker.postMessage({ id: last, method, params });
  });
  await ask("load", { file: await (await fetch("page.json")).json() });
  return {
    // another first token each time, so that nothing of the last text can be used again
    forward: (ids) => ask("next", { ids: [4 + (last % 200), ...ids.slice(2)] }),
    generate: (ids, n) => ask("generate", { ids: ids.slice(1), max_new_tokens: n, sampling: { temperature: 0.7, seed: last } }),
  };
}

// onnxruntime-web on the same weights; the graph takes and returns keys and values.
async function makeOnnx() {
  const ort = await import("./ort/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./ort/", location.href).href;
  const session = await ort.InferenceSession.create("model.onnx");
  const config = await (await fetch("config.json")).json();
  const empty = () => Object.fromEntries(session.inputNames.slice(1).map((name) =>
    [name, new ort.Tensor("float32", [], [1, config.num_key_value_heads, 0, config.head_dim])]));
  const run = async (ids, past) => {
    const tensor = new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
    const out = await session.run({ [session.inputNames[0]]: tensor, ...past });
    const next = session.inputNames.slice(1).map((name, i) => [name, out[session.outputNames[i + 1]]]);
    return { logits: out[session.outputNames[0]].data, past: Object.fromEntries(next) };
  };
  return {
    forward: async (ids) => (await run(ids, empty())).logits,
    async generate(ids, n) {
      const all = [...ids];
      for (let past = empty(), fresh = ids; n > 0; n--) {
        const step = await run(fresh, past);
        all.push(argmax(step.logits));
        [past, fresh] = [step.past, all.slice(-1)];
      }
      return all;
    },
  };
}

const makers = { wasm: () => makeEngine(true), js: () => makeEngine(false), worker: makeWorker, onnx: makeOnnx };
const made = {};
const get = async (name) => (made[name] ??= await makers[name]());

// Milliseconds of the fastest of `times` calls.
async function time(name, method, args, times) {
  const runner = await get(name);
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await runner[method](...args);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
