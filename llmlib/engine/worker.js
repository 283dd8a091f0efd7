// The engine's door: {id, method, params} in; {id, event}…, then {id, result} or {id, error} out; {cancel: id} stops.
// Does: load, encode, next, generate, and says in Portuguese what went wrong. Does not: draw or fetch.
// {piece} adds a piece of the engine that only some pages need (trace.js …): the body of a function of LLM and engine.
// `self` and `postMessage` are a Worker's, or what a page without Workers puts in their place.
const cancelled = new Set();
let model, tokenizer, family; // of the page file loaded last; family: what a piece brings for its kind, or none

const methods = {
  async load({ file }) {
    try {
      const weights = LLM.bytes(file.weights);
      if (globalThis.crypto?.subtle) { // absent on plain http; there, only the sizes are checked
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", weights));
        if (Array.from(hash, (b) => b.toString(16).padStart(2, 0)).join("") !== file.sha256) throw 0;
      }
      family = engine.families[file.config.architectures?.[0]];
      model = new (family?.Model ?? LLM.Model)(file, weights, LLM.wasm && LLM.bytes(LLM.wasm));
      tokenizer = new LLM.Tokenizer(file.tokenizer);
      model.forward([0]);
      if (file.format !== 1) throw 0;
    } catch {
      model = undefined;
      throw Error(`O arquivo do modelo ${file?.name} está incompleto ou corrompido. Para refazê-lo: make book.`);
    }
    return { name: file.name, backend: model.kernel.name, config: model.config };
  },

  encode(params) {
    const { tokens, cut } = read(params);
    return { tokens, cut };
  },

  // generated: how many of the last ids were generated; they count for the penalties and number the draw.
  next(params) {
    const { k = 10, sampling, generated = 0 } = params, prompt = read(params);
    const { p, top, chosen } = turn(prompt.ids, k, sampling && LLM.settings(sampling), generated);
    const rest = Math.max(0, 1 - top.reduce((sum, token) => sum + token.p, 0));
    const entropy = p.reduce((bits, v) => (v > 0 ? bits - v * Math.log2(v) : bits), 0);
    return { tokens: prompt.tokens, cut: prompt.cut, top, rest, entropy, ...(chosen && { chosen }) };
  },

  async generate(params, id, send) {
    const { max_new_tokens = 40, k = 0, sampling, written = [] } = params, rule = LLM.settings(sampling);
    const { ids, cut } = read(params), start = ids.length - written.length, last = written.length + max_new_tokens;
    const stop = [params.stop ?? []].flat().filter(Boolean), eos = [model.config.eos_token_id ?? 0].flat();
    let text = "", reason = max_new_tokens > 0 ? null : "length", step = written.length, until = 0;
    while (!reason) {
      if (performance.now() > until) { // lets a cancel, or another question, in
        await breathe();
        until = performance.now() + 8;
      }
      if (cancelled.has(id)) { reason = "cancelled"; break; }
      const { chosen: token, top } = turn(ids, k, rule, step++);
      ids.push(token.id);
      send(k ? { token, top } : { token });
      if (stop.length) text = tokenizer.decode(ids.slice(start));
      reason = eos.includes(token.id) ? "eos" : stop.some((s) => text.includes(s)) ? "stop" :
        step >= last ? "length" : ids.length > model.config.max_position_embeddings ? "context" : null;
    }
    text = tokenizer.decode(ids.slice(start));
    const ends = stop.map((s) => text.indexOf(s)).filter((at) => at >= 0);
    return { ids: ids.slice(start), text: text.slice(0, Math.min(text.length, ...ends)), reason, cut };
  },
};

const NO_MODEL = "O modelo ainda não foi carregado. Recarregue a página.";
const shown = (id) => ({ id, text: tokenizer.text(id) });

// Messages -> ids in the chat format (llmlib.scratch.sft), up to the assistant's turn. What a message says is text:
// the name of a special token in it is not that token.
function chat(messages) {
  const mark = (name) => tokenizer.special.get(name), plain = (text) => tokenizer.encode(text, false);
  return [...messages, { role: "assistant" }].flatMap(({ role, content }) => {
    if (!["system", "user", "assistant"].includes(role)) throw Error(`Uma mensagem é de system, user ou assistant; veio ${role}.`);
    const begin = role === "assistant" && content !== undefined && model.config.answer_prefix;
    const said = plain(`${role}\n${begin ? begin + content.trim() : content ?? ""}`);
    return [mark("<|im_start|>"), ...said, ...(content === undefined ? [] : [mark("<|im_end|>"), ...plain("\n")])];
  });
}

// text, ids or messages -> ids with the document's mark in front and what was written before at the end; the tokens
// of the first part as shown. Too long: its end is kept.
function read({ text = "", ids, messages, written = [], add_bos = true }) {
  if (!model) throw Error(NO_MODEL);
  const bos = model.config.bos_token_id ?? 0;
  const given = messages ? chat(messages) : ids ? Array.from(ids) : tokenizer.encode(String(text));
  if (ids && given[0] === bos) given.shift();
  const mark = add_bos || !given.length ? [bos] : [], size = mark.length + given.length + written.length;
  const cut = Math.max(0, size - model.config.max_position_embeddings), kept = given.slice(cut);
  return { cut, ids: [...mark, ...kept, ...written], tokens: kept.map(shown) };
}

// One step: the distribution p, the k best tokens, and the one that the rule draws (q: probability by the rule).
function turn(ids, k, rule, generated) {
  const logits = model.forward(ids), p = LLM.softmax(logits), top = [];
  const q = rule && LLM.distribution(logits, ids, generated, rule);
  const show = (id) => ({ ...shown(id), p: p[id], logit: logits[id], ...(q && { q: q[id] }) });
  if (k > 0) for (const id of LLM.descending(p)) if (top.push(show(id)) >= k) break;
  return { p, top, chosen: q && show(LLM.draw(q, LLM.uniform(rule.seed, generated))) };
}

// What pieces see, and add to. families: {Model, methods} by architecture.
const engine = { methods, families: {}, read, shown, breathe: () => breathe(), cancelled,
  get tokenizer() { return tokenizer; },
  get model() {
    if (!model) throw Error(NO_MODEL);
    return model;
  } };

// A turn of the event loop without setTimeout's 4 ms.
const { port1, port2 } = new MessageChannel(), waiting = [];
port2.onmessage = () => waiting.shift()();
const breathe = () => new Promise((go) => { waiting.push(go); port1.postMessage(0); });

const ALONE = ["load", "train", "adjust", "write", "learn_words", "look_words"]; // methods that ask nothing of the model loaded
// The arrays of a result change hands instead of being copied.
const buffers = (value) => ArrayBuffer.isView(value) ? [value.buffer]
  : value && typeof value === "object" && !Array.isArray(value) ? Object.values(value).flatMap(buffers) : [];

self.onmessage = async ({ data: { id, method, params = {}, cancel, piece } }) => {
  if (piece !== undefined) return void new Function("LLM", "engine", piece)(LLM, engine);
  if (cancel !== undefined) return cancelled.add(cancel);
  try {
    const known = family && !ALONE.includes(method) ? family.methods : methods;
    if (!Object.hasOwn(known, method)) throw Error(known === methods ? `O motor não conhece o método ${method}.`
      : `${model.name} não sabe ${method}; sabe ${Object.keys(known).join(", ")}.`);
    const result = await known[method](params, id, (event) => postMessage({ id, event }));
    postMessage({ id, result }, buffers(result));
  } catch (error) {
    postMessage({ id, error: error.message });
  }
  cancelled.delete(id);
};
