// A masked language model (ModernBERT with global layers): every token sees both sides. Does: fill all the gaps of a text
// at once, and give its maps. Does not: continue a text, train, or hold a cache.
// Shapes: T positions (0 is the mark that opens every text), L layers, H heads, E size of a head, D width, I of the MLP.
// Source: Warner et al., 2024 (ModernBERT); the names are those of transformers.

class Encoder extends Blocks {
  constructor(file, weights, code) {
    const { hidden_size: D, intermediate_size: I, num_attention_heads: H, max_position_embeddings: S, vocab_size: V, ...c } = file.config;
    const E = D / H, half = E / 2, fround = Math.fround;
    if (c.hidden_activation !== "silu" || c.classifier_activation !== "silu" || c.layer_types.some((type) => type !== "full_attention"))
      throw Error("another ModernBERT");
    const room = { x: S * D, h: S * D, q: S * D, k: S * D, v: S * D, z: S * D, gate: S * I, up: S * I, logits: S * V };
    super(file, weights, code, room, { H, E, longest: S });
    const angle = Float32Array.from({ length: S * half }, (_, i) => // rounded where torch rounds
      Math.floor(i / half) * fround(1 / fround(c.rope_theta ** (i % half / half))));
    this.cos = angle.map(Math.cos);
    this.sin = angle.map(Math.sin);
  }

  // ids (T) -> logits (places, V). tell(name, array, layer) sees the maps, and the states after embedding, layers and norm.
  forward(ids, { places = [ids.length - 1], tell } = {}) {
    const { config: c, arrays: r, kernel } = this, { hidden_size: D, intermediate_size: I, num_attention_heads: H, vocab_size: V } = c;
    const T = ids.length, E = D / H, scale = 1 / Math.sqrt(E), eps = c.norm_eps;
    this.check(ids, V);
    this.gather(r.h, "model.embeddings.tok_embeddings.weight", ids, D);
    this.layerNorm(r.x, r.h, "model.embeddings.norm", T, D, eps);
    tell?.("state", r.x.subarray(0, T * D), 0);
    for (let l = 0; l < c.num_hidden_layers; l++) {
      const layer = `model.layers.${l}`;
      l ? this.layerNorm(r.h, r.x, `${layer}.attn_norm`, T, D, eps) : r.h.set(r.x.subarray(0, T * D)); // the embedding's norm serves
      [r.q, r.k, r.v].forEach((out, i) => this.linear(out, r.h, `${layer}.attn.Wqkv.weight`, T, D, D, i * D));
      this.rotate(r.q, T, H, E);
      this.rotate(r.k, T, H, E);
      const maps = this.attention(r.z, r.q, r.k, r.v, T, T, H, E, (_, scores) => {
        for (let i = 0; i < scores.length; i++) scores[i] *= scale;
      });
      tell?.("attn", maps, l);
      this.linear(r.h, r.z, `${layer}.attn.Wo.weight`, T, D, D);
      addTo(r.x, r.h, T * D);
      this.layerNorm(r.h, r.x, `${layer}.mlp_norm`, T, D, eps);
      this.linear(r.gate, r.h, `${layer}.mlp.Wi.weight`, T, D, I);
      this.linear(r.up, r.h, `${layer}.mlp.Wi.weight`, T, D, I, I);
      kernel.swiglu(r.gate, r.up, T * I);
      this.linear(r.h, r.gate, `${layer}.mlp.Wo.weight`, T, I, D);
      addTo(r.x, r.h, T * D);
      if (l < c.num_hidden_layers - 1) tell?.("state", r.x.subarray(0, T * D), l + 1);
    }
    this.layerNorm(r.h, r.x, "model.final_norm", T, D, eps);
    tell?.("state", r.h.subarray(0, T * D), c.num_hidden_layers);
    places.forEach((place, i) => r.z.set(r.h.subarray(place * D, (place + 1) * D), i * D));
    const N = places.length;
    this.linear(r.x, r.z, "head.dense.weight", N, D, D);
    for (let i = 0; i < N * D; i++) r.x[i] /= 1 + Math.exp(-r.x[i]);
    this.layerNorm(r.h, r.x, "head.norm", N, D, eps);
    this.linear(r.logits, r.h, "model.embeddings.tok_embeddings.weight", N, D, V);
    const logits = r.logits.slice(0, N * V), bias = r["decoder.bias"];
    for (let i = 0; i < logits.length; i++) logits[i] += bias[i % V];
    return logits;
  }

  // Turns each pair (i, i + half) of x (T, H, E) by its position's angle, in place.
  rotate(x, T, H, E) {
    const half = E / 2;
    for (let row = 0; row < T * H; row++) for (let i = 0; i < half; i++) {
      const angle = Math.floor(row / H) * half + i, at = row * E + i, a = x[at], b = x[at + half];
      x[at] = a * this.cos[angle] - b * this.sin[angle];
      x[at + half] = b * this.cos[angle] + a * this.sin[angle];
    }
  }
}

// One pass: its logits at the places that `at` names, its tokens, and the arrays that `parts` asks for.
function pass({ text = "" }, parts, at) {
  const { model, tokenizer } = engine, { config: c } = model, ids = [c.cls_token_id, ...tokenizer.encode(String(text))];
  const T = ids.length, { hidden_size: D, num_hidden_layers: L, num_attention_heads: H } = c, places = at(ids);
  const attentions = parts.has("attentions") && new Float32Array(L * H * T * T);
  const hidden_states = parts.has("hidden_states") && new Float32Array((L + 1) * T * D);
  const tell = (name, array, layer) => {
    if (name === "attn" && attentions) attentions.set(array, layer * array.length);
    if (name === "state" && hidden_states) hidden_states.set(array, layer * array.length);
  };
  const logits = model.forward(ids, { places, tell }), result = { tokens: ids.map(shown) };
  if (attentions) put(result, "attentions", attentions, L, H, T, T);
  if (hidden_states) put(result, "hidden_states", hidden_states, L + 1, T, D);
  return { ids, logits, places, result };
}

engine.families.ModernBertForMaskedLM = { Model: Encoder, methods: {
  encode,
  // text with <|mask|> in it -> for each gap the k best tokens. `masked` are places in `tokens`, where 0 is the mark.
  fill(params) {
    const { text = "", k = 10, only } = params, { config: { vocab_size: V } } = engine.model, parts = wanted(only, [], ["attentions", "hidden_states"]);
    count(k, V);
    mustSay(text, WRITE_GAP);
    const { logits, places, result } = pass(params, parts, (ids) => {
      const mask = engine.tokenizer.special.get(MASK), found = [...ids.keys()].filter((i) => ids[i] === mask);
      if (!found.length) throw Error(NO_GAP);
      return found;
    });
    return { ...result, masked: places, top: places.map((_, i) => bestOf(logits.subarray(i * V, (i + 1) * V), k)) };
  },
  // The whole pass, as of the other models; logits (T, V) are guesses for the token of that place itself.
  trace(params) {
    const parts = wanted(params.only, ["logits", "attentions", "hidden_states"], ["logits", "attentions", "hidden_states"]);
    mustSay(params.text ?? "", "escreva uma frase");
    const { ids, logits, result } = pass(params, parts, (all) => parts.has("logits") ? [...all.keys()] : [0]);
    if (parts.has("logits")) put(result, "logits", logits, ids.length, engine.model.config.vocab_size);
    return { cut: 0, ...result };
  },
} };
