// The engine's door: answers {id, method, params} with {id, event}…, then {id, result} or {id, error}; {cancel: id} stops.
// Does: load page files, encode, next, generate, trace; says what went wrong in Portuguese. Does not: draw or fetch.
// `self` and `postMessage` are the Worker's, or what a page without Workers gives in their place.
"use strict";
{
  const { LLM } = globalThis;
  const models = new Map(); // name -> {model, tokenizer}
  const cancelled = new Set();
  let latest; // the model loaded last answers when params.model is absent

  const broken = (name) => Error(`O arquivo do modelo ${name ?? ""} está incompleto ou corrompido. Recarregue a página; ` +
    `se não bastar, refaça-o com: make data NAME=page`);

  async function load({ file }) {
    const name = file?.name;
    let weights, model, tokenizer;
    try {
      if (file.format !== 1) throw 0;
      weights = LLM.bytes(file.weights);
      if (globalThis.crypto?.subtle) { // absent on insecure http; then only sizes are checked
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", weights));
        if (Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join("") !== file.sha256) throw 0;
      }
      model = new LLM.Model(file, LLM.wasm ? LLM.bytes(LLM.wasm) : null, weights);
      tokenizer = new LLM.Tokenizer(file.tokenizer);
      model.forward([0]);
    } catch {
      throw broken(name);
    }
    models.set((latest = name), { model, tokenizer });
    return { name, backend: model.kernel.name, context: model.context, config: model.config };
  }

  function opened(name = latest) {
    const entry = models.get(name);
    if (!entry) throw Error(`O modelo ${name ?? ""} ainda não foi carregado nesta página. Recarregue-a.`);
    return entry;
  }

  // text or ids -> {ids with the document mark in front, tokens as shown, cut}. Too long: the end is kept.
  function read({ model: name, text = "", ids, add_bos = true }) {
    const { model, tokenizer } = opened(name);
    const given = ids ? Array.from(ids) : tokenizer.encode(String(text));
    const bos = add_bos || !given.length ? [model.config.bos_token_id ?? 0] : [];
    const cut = Math.max(0, given.length - (model.context - bos.length));
    const kept = given.slice(cut);
    return { model, tokenizer, cut, ids: [...bos, ...kept], tokens: kept.map((id) => ({ id, text: tokenizer.text(id) })) };
  }

  // The k most probable tokens; with q, also their probability after the sampling rules.
  function best(tokenizer, logits, p, k, q) {
    const top = [];
    for (const id of LLM.descending(p)) {
      if (top.length >= k) break;
      top.push({ id, text: tokenizer.text(id), p: p[id], logit: logits[id], ...(q && { q: q[id] }) });
    }
    return top;
  }

  // params.generated: how many of the last ids were generated; they count for penalties and number the draw.
  function next(params) {
    const { k = 10, sampling, generated = 0 } = params;
    const { model, tokenizer, ids, tokens, cut } = read(params);
    const rule = sampling && LLM.settings(sampling);
    const logits = model.forward(ids), p = LLM.softmax(logits);
    const q = rule && LLM.distribution(logits, ids, generated, rule);
    const top = best(tokenizer, logits, p, k, q);
    const result = { tokens, cut, top, rest: Math.max(0, 1 - top.reduce((sum, t) => sum + t.p, 0)),
      entropy: p.reduce((sum, v) => (v > 0 ? sum - v * Math.log2(v) : sum), 0) }; // bits
    if (q) {
      const id = LLM.draw(q, LLM.uniform(rule.seed, generated));
      result.chosen = { id, text: tokenizer.text(id), p: p[id], q: q[id] };
    }
    return result;
  }

  async function generate(params, send, id) {
    const { max_new_tokens = 40, sampling, k } = params, stop = [params.stop ?? []].flat().filter(Boolean);
    const { model, tokenizer, ids, cut } = read(params);
    const rule = LLM.settings(sampling), eos = [model.config.eos_token_id ?? 0].flat(), prompt = ids.length;
    let reason = "length", text = "";
    for (let step = 0; step < max_new_tokens; step++) {
      await breathe(); // lets a cancel, or another question, in
      if (cancelled.has(id)) { reason = "cancelled"; break; }
      const logits = model.forward(ids), p = LLM.softmax(logits);
      const q = LLM.distribution(logits, ids, step, rule), chosen = LLM.draw(q, LLM.uniform(rule.seed, step));
      const event = { token: { id: chosen, text: tokenizer.text(chosen), p: p[chosen], q: q[chosen] } };
      if (k) event.top = best(tokenizer, logits, p, k, q);
      ids.push(chosen);
      send(event);
      if (eos.includes(chosen)) { reason = "eos"; break; }
      if (stop.length && stop.some((s) => tokenizer.decode(ids.slice(prompt)).includes(s))) { reason = "stop"; break; }
      if (step + 1 < max_new_tokens && ids.length > model.context) { reason = "context"; break; }
    }
    text = tokenizer.decode(ids.slice(prompt));
    const ends = stop.map((s) => text.indexOf(s)).filter((at) => at >= 0);
    return { ids: ids.slice(prompt), text: text.slice(0, Math.min(...ends, text.length)), reason, cut };
  }

  // One pass with everything a figure may show. Position 0 is the document mark. The last hidden state is after the
  // final norm, as in transformers.
  function trace(params) {
    const { model, tokenizer, ids, cut } = read(params), { config: c } = model, T = ids.length;
    const L = c.num_hidden_layers, H = c.num_attention_heads, D = c.hidden_size;
    const attentions = new Float32Array(L * H * T * T), hidden_states = new Float32Array((L + 1) * T * D);
    const hook = (name, array) => {
      const layer = Number(name.split(".")[1]);
      if (name.endsWith(".attn")) attentions.set(array, layer * H * T * T);
      else if (name === "embed_tokens") hidden_states.set(array);
      else if (name === "norm") hidden_states.set(array, L * T * D);
      else if (name.endsWith(".resid") && layer < L - 1) hidden_states.set(array, (layer + 1) * T * D);
    };
    const logits = model.forward(ids, { hook, all: true });
    return { tokens: ids.map((id) => ({ id, text: tokenizer.text(id) })), cut, logits, logits_shape: [T, c.vocab_size],
      attentions, attentions_shape: [L, H, T, T], hidden_states, hidden_states_shape: [L + 1, T, D] };
  }

  // A turn of the event loop, without setTimeout's 4 ms.
  const { port1, port2 } = new MessageChannel(), waiting = [];
  port2.onmessage = () => waiting.shift()();
  const breathe = () => new Promise((go) => { waiting.push(go); port1.postMessage(0); });

  const methods = { load, next, generate, trace, encode: (params) => (({ tokens, cut }) => ({ tokens, cut }))(read(params)) };

  self.onmessage = async ({ data: { id, method, params = {}, cancel } }) => {
    if (cancel !== undefined) return cancelled.add(cancel);
    try {
      if (!Object.hasOwn(methods, method)) throw Error(`O motor não conhece o método ${method}.`);
      const result = await methods[method](params, (event) => postMessage({ id, event }), id);
      postMessage({ id, result }, Object.values(result).map((v) => v?.buffer).filter(Boolean));
    } catch (error) {
      postMessage({ id, error: error.message });
    }
    cancelled.delete(id);
  };
}
