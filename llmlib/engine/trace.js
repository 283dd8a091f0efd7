// A piece of the engine: one pass with its inside out. Does: trace, with heads switched off, activations put in or taken
// out, and what each layer would answer (the logit lens). Does not: train, or change the model.
// Shapes: T positions (0 is the document's mark), L layers, H heads, K key heads, E size of a head, D width, V vocabulary.
const { methods, read, shown } = engine;

const PARTS = ["logits", "attentions", "hidden_states", "losses"];
const INPUTS = ["resid", "self_attn.z", "mlp.down_proj", "self_attn.o_proj"]; // what `patch` may put in, of each layer
const list = (value) => [value ?? []].flat();
const whole = (value, from, to) => Number.isInteger(value) && value >= from && value <= to;

// Names and shapes of all activations, in the order of the pass.
function known({ num_hidden_layers, num_attention_heads: H, num_key_value_heads: K, head_dim: E, ...c }, T) {
  const { hidden_size: D, intermediate_size: I, vocab_size: V } = c, query = [T, H, E], key = [T, K, E], state = [T, D];
  const layer = { input_layernorm: state, "self_attn.q_proj": query, "self_attn.k_proj": key, "self_attn.v_proj": key,
    "self_attn.q_norm": query, "self_attn.k_norm": key, "self_attn.q": query, "self_attn.k": key, "self_attn.attn": [H, T, T],
    "self_attn.z": query, "self_attn.o_proj": state, post_attention_layernorm: state, "mlp.gate_proj": [T, I],
    "mlp.up_proj": [T, I], "mlp.act": [T, I], "mlp.down_proj": state, resid: state };
  const all = { embed_tokens: state };
  for (let l = 0; l < num_hidden_layers; l++) for (const [name, shape] of Object.entries(layer)) all[`layers.${l}.${name}`] = shape;
  return { ...all, norm: state, lm_head: [T, V] };
}

// Throws one sentence about the first thing asked that this model or this text does not have.
function check({ only, ablate, keep, patch, lens }, shapes, config, T) {
  const { num_hidden_layers: L, num_attention_heads: H, vocab_size: V } = config;
  for (const part of only) if (!PARTS.includes(part))
    throw Error(`O passe não tem a parte “${part}”; tem ${PARTS.slice(0, -1).join(", ")} e ${PARTS.at(-1)}.`);
  for (const pair of ablate) {
    if (!Array.isArray(pair) || pair.length !== 2) throw Error("Cabeças a desligar vêm em pares [camada, cabeça].");
    if (!whole(pair[0], 0, L - 1)) throw Error(`A camada ${pair[0]} não existe: as deste modelo vão de 0 a ${L - 1}.`);
    if (!whole(pair[1], 0, H - 1)) throw Error(`A cabeça ${pair[1]} não existe: as deste modelo vão de 0 a ${H - 1}.`);
  }
  for (const name of [...keep, ...patch.map((each) => each.name)]) if (!Object.hasOwn(shapes, name))
    throw Error(`Este modelo não tem a ativação “${name}”; os nomes vão de embed_tokens a lm_head, como layers.0.self_attn.z.`);
  for (const { name, position, values } of patch) {
    if (name !== "embed_tokens" && !INPUTS.includes(name.replace(/^layers\.\d+\./, "")))
      throw Error(`A ativação “${name}” não se troca; trocam-se embed_tokens e, de cada camada, ${INPUTS.join(", ")}.`);
    if (!whole(position, 0, T - 1)) throw Error(`A posição ${position} não existe: as deste texto vão de 0 a ${T - 1}.`);
    const size = shapes[name].slice(1).reduce((a, b) => a * b), given = values?.length ?? 0;
    if (given !== size) throw Error(`${name} tem ${size} números em cada posição; vieram ${given}.`);
    if (!Array.from(values).every(Number.isFinite)) throw Error(`Em ${name}, posição ${position}, há um valor que não é número.`);
  }
  if (!whole(lens, 0, V)) throw Error(`A lente mostra de 1 a ${V} tokens em cada posição; veio ${lens}.`);
}

// The k largest of logits (rows, V), and their probabilities, into ids and p (rows, k); the first of equals comes first.
function best(logits, rows, V, k, ids, p) {
  for (let row = 0; row < rows; row++) {
    const at = row * V, end = at + V, out = row * k;
    let held = 0, sum = 0;
    for (let i = at; i < end; i++) {
      if (held === k && !(logits[i] > p[out + k - 1])) continue;
      let place = held < k ? held++ : k - 1;
      for (; place && logits[i] > p[out + place - 1]; place--) {
        p[out + place] = p[out + place - 1];
        ids[out + place] = ids[out + place - 1];
      }
      p[out + place] = logits[i];
      ids[out + place] = i - at;
    }
    const top = p[out];
    for (let i = at; i < end; i++) sum += Math.exp(logits[i] - top);
    for (let j = out; j < out + k; j++) p[j] = Math.exp(p[j] - top) / sum;
  }
}

// -log p (nats) of each token given those before it: ids.length - 1 numbers.
const surprises = (logits, ids, V) => ids.slice(1).map((id, t) => {
  const row = logits.subarray(t * V, (t + 1) * V);
  let top = -Infinity, sum = 0;
  for (let i = 0; i < V; i++) if (row[i] > top) top = row[i];
  for (let i = 0; i < V; i++) sum += Math.exp(row[i] - top);
  return top + Math.log(sum) - row[id];
});

methods.trace = (params) => {
  const { ids, cut } = read(params), T = ids.length, { model } = engine, { config, kernel, arrays } = model;
  const { num_hidden_layers: L, num_attention_heads: H, head_dim: E, hidden_size: D, vocab_size: V } = config;
  const only = list(params.only), parts = new Set(params.only == null ? PARTS.slice(0, 3) : only);
  const ablate = params.ablate ?? [], keep = list(params.keep), patch = list(params.patch), lens = params.lens ?? 0;
  const shapes = known(config, T);
  check({ only, ablate, keep, patch, lens }, shapes, config, T);

  const result = { tokens: ids.map(shown), cut }, activations = {};
  const attentions = parts.has("attentions") && new Float32Array(L * H * T * T);
  const hidden_states = parts.has("hidden_states") && new Float32Array((L + 1) * T * D);
  const seen = lens && { ids: new Int32Array((L + 1) * T * lens), p: new Float32Array((L + 1) * T * lens) };
  const look = (row, logits) => {
    const from = row * T * lens, to = from + T * lens;
    best(logits, T, V, lens, seen.ids.subarray(from, to), seen.p.subarray(from, to));
  };
  // The residual stream read as if it were the last; r.h and r.logits are free between two layers.
  const readOut = (row, x) => {
    LLM.rms(arrays.h, x, arrays["model.norm.weight"], T, D, config.rms_norm_eps);
    kernel.matmul(arrays.logits, arrays.h, model.head, T, D, V, D);
    look(row, arrays.logits);
  };
  // First heads are switched off, then values put in; what is kept is what the pass goes on with.
  const hook = (name, array) => {
    const [, layer, part, map] = name.split(".");
    if (map === "z") for (const [l, h] of ablate) if (l === +layer)
      for (let t = 0; t < T; t++) array.fill(0, (t * H + h) * E, (t * H + h + 1) * E);
    for (const { name: target, position, values } of patch) if (target === name) array.set(values, position * values.length);
    if (keep.includes(name)) activations[name] = array.slice();
    if (attentions && map === "attn") attentions.set(array, layer * H * T * T);
    const row = name === "embed_tokens" ? 0 : part === "resid" ? +layer + 1 : name === "norm" ? L : -1;
    if (row < 0 || (part === "resid" && row === L)) return; // the last state is the one after the norm
    if (hidden_states) hidden_states.set(array, row * T * D);
    if (seen && row < L) readOut(row, array);
  };
  const all = seen || parts.has("logits") || parts.has("losses") || keep.includes("lm_head");
  const logits = model.forward(ids, { hook, all });

  const add = (name, array, ...shape) => Object.assign(result, { [name]: array, [`${name}_shape`]: shape });
  if (seen) look(L, logits);
  if (parts.has("losses")) result.losses = surprises(logits, ids, V);
  if (parts.has("logits")) add("logits", logits, T, V);
  if (attentions) add("attentions", attentions, L, H, T, T);
  if (hidden_states) add("hidden_states", hidden_states, L + 1, T, D);
  if (seen) add("lens", seen, L + 1, T, lens);
  if (params.keep != null) Object.assign(result, { activations,
    activations_shapes: Object.fromEntries(keep.map((name) => [name, shapes[name]])) });
  return result;
};
