// An encoder-decoder (T5 1.1, gated SiLU): the encoder reads a text with both sides in view; the decoder writes another from
// left to right, each token looking at what is written and, by cross-attention, at what was read. Does: rewrite (greedy),
// and the maps of all three attentions. Does not: sample, or train.
// Shapes: S tokens read (the last is the mark that ends every text), U written, L layers, H heads, E size of a head, D width.
// Source: Raffel et al., 2020 (T5); the names are those of transformers.

class Seq2Seq extends Blocks {
  constructor(file, weights, code) {
    const { d_model: D, d_kv: E, d_ff: F, num_heads: H, num_decoder_layers: L, max_position_embeddings: S, vocab_size: V } = file.config;
    if (file.config.feed_forward_proj !== "gated-silu") throw Error("another T5");
    const W = H * E, cache = L * S * W, room = { x: S * D, h: S * D, q: S * W, k: S * W, v: S * W, z: S * W, gate: S * F, up: S * F,
      logits: S * V, keys: cache, values: cache, readKeys: cache, readValues: cache };
    super(file, weights, code, room, { H, E, longest: S });
    this.width = W;
  }

  // Warming up: a text read, one token written.
  forward(ids) {
    this.read(ids);
    return this.write([this.config.decoder_start_token_id]);
  }

  // The encoder. Keeps the keys and values that the decoder's cross-attention needs. tell(name, maps, layer) sees its maps.
  read(ids, tell) {
    const { arrays: r, config: c } = this, { d_model: D, num_layers } = c, S = ids.length, W = this.width;
    this.check(ids, c.vocab_size);
    this.gather(r.x, "shared.weight", ids, D);
    for (let l = 0; l < num_layers; l++) {
      const block = `encoder.block.${l}.layer`;
      const [k, v] = [r.k, r.v];
      this.norm(`${block}.0`, S);
      this.linear(k, r.h, `${block}.0.SelfAttention.k.weight`, S, D, W);
      this.linear(v, r.h, `${block}.0.SelfAttention.v.weight`, S, D, W);
      const maps = this.look(`${block}.0`, "SelfAttention", k, v, S, S, this.bias("encoder", S, S));
      tell?.("encoder", maps, l);
      this.feed(`${block}.1`, S);
    }
    this.norm("encoder.final_layer_norm", S, "");
    for (let l = 0; l < c.num_decoder_layers; l++) {
      const name = `decoder.block.${l}.layer.1.EncDecAttention`, at = l * this.longest * W;
      this.linear(r.readKeys.subarray(at), r.h, `${name}.k.weight`, S, D, W);
      this.linear(r.readValues.subarray(at), r.h, `${name}.v.weight`, S, D, W);
    }
    this.size = S;
    this.past = 0;
  }

  // The decoder: ids written since the last call (the first is decoder_start_token_id) -> logits (ids, V) of what follows each.
  write(ids, tell) {
    const { arrays: r, config: c, size: S, past } = this, { d_model: D, vocab_size: V } = c, T = ids.length, U = past + T, W = this.width;
    this.gather(r.x, "shared.weight", ids, D);
    for (let l = 0; l < c.num_decoder_layers; l++) {
      const block = `decoder.block.${l}.layer`, at = l * this.longest * W, [keys, values] = [r.keys.subarray(at), r.values.subarray(at)];
      this.norm(`${block}.0`, T);
      this.linear(keys.subarray(past * W), r.h, `${block}.0.SelfAttention.k.weight`, T, D, W);
      this.linear(values.subarray(past * W), r.h, `${block}.0.SelfAttention.v.weight`, T, D, W);
      const own = this.look(`${block}.0`, "SelfAttention", keys, values, T, U, this.bias("decoder", T, U));
      tell?.("decoder", own, l);
      this.norm(`${block}.1`, T);
      const read = [r.readKeys.subarray(at), r.readValues.subarray(at)];
      const cross = this.look(`${block}.1`, "EncDecAttention", ...read, T, S, () => {});
      tell?.("cross", cross, l);
      this.feed(`${block}.2`, T);
    }
    this.norm("decoder.final_layer_norm", T, "");
    if (c.scale_decoder_outputs) for (let i = 0; i < T * D; i++) r.h[i] *= D ** -0.5;
    this.linear(r.logits, r.h, "shared.weight", T, D, V);
    this.past = U;
    return r.logits.slice(0, T * V);
  }

  // h = x / root mean square(x) * weight
  norm(name, T, own = ".layer_norm") {
    const { arrays: r, config: c } = this;
    LLM.rms(r.h, r.x, r[`${name}${own}.weight`], T, c.d_model, c.layer_norm_epsilon);
  }

  // x += the attention of the queries of h over these keys and values; the scores are not scaled. Returns the maps.
  look(layer, kind, keys, values, T, S, adjust) {
    const { arrays: r, config: { d_model: D, num_heads: H, d_kv: E } } = this;
    this.linear(r.q, r.h, `${layer}.${kind}.q.weight`, T, D, H * E);
    const maps = this.attention(r.z, r.q, keys, values, T, S, H, E, adjust);
    this.linear(r.h, r.z, `${layer}.${kind}.o.weight`, T, H * E, D);
    addTo(r.x, r.h, T * D);
    return maps;
  }

  // x += the gated MLP
  feed(layer, T) {
    const { arrays: r, config: { d_model: D, d_ff: F } } = this, name = `${layer}.DenseReluDense`;
    this.norm(layer, T);
    this.linear(r.gate, r.h, `${name}.wi_0.weight`, T, D, F);
    this.linear(r.up, r.h, `${name}.wi_1.weight`, T, D, F);
    this.kernel.swiglu(r.gate, r.up, T * F);
    this.linear(r.h, r.gate, `${name}.wo.weight`, T, F, D);
    addTo(r.x, r.h, T * D);
  }

  // What distance adds to the scores (T, S) of a head, the last T of S positions asking; the decoder sees no future.
  bias(side, T, S) {
    const { config: c } = this, H = c.num_heads, table = this.arrays[`${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`];
    return (h, scores) => {
      for (let t = 0; t < T; t++) for (let s = 0; s < S; s++) {
        const ahead = s - (S - T + t), at = t * S + s;
        if (side === "decoder" && ahead > 0) scores[at] = -Infinity;
        else scores[at] += table[bucket(ahead, side === "encoder", c.relative_attention_num_buckets, c.relative_attention_max_distance) * H + h];
      }
    };
  }
}

// Distances in steps that widen with distance; a half of the buckets looks ahead, where that is allowed. Rounded as torch rounds.
LLM.bucket = bucket;
function bucket(ahead, bothSides, buckets, longest) {
  const half = bothSides ? buckets / 2 : buckets, far = bothSides ? Math.abs(ahead) : Math.max(0, -ahead), exact = Math.floor(half / 2);
  const base = bothSides && ahead > 0 ? half : 0, { fround, log } = Math;
  if (far < exact) return base + far;
  const share = fround(fround(log(fround(far / exact))) / fround(log(longest / exact)));
  return base + Math.min(half - 1, exact + Math.trunc(fround(share * (half - exact))));
}

const PARTS = ["encoder_attentions", "decoder_attentions", "cross_attentions", "logits"];
// The ids of a text, the mark that ends it included; throws where it cannot be read.
function source(text) {
  mustSay(text, "escreva a frase que o modelo deve reescrever");
  const ids = [...engine.tokenizer.encode(text), engine.model.config.eos_token_id];
  if (ids.length > engine.model.longest) throw Error(tooLong(engine.model, ids.length));
  return ids;
}

// What is written, greedily, after reading `from` (ids): events of tokens, and the reason to stop.
async function rewrite(from, { max_new_tokens = 96, k = 0 }, id, send) {
  const { model } = engine, { eos_token_id: eos, decoder_start_token_id: start } = model.config, ids = [], mine = {};
  let last = start, reason = null, until = 0;
  if (!(Number.isInteger(max_new_tokens) && max_new_tokens >= 0)) throw Error(`max_new_tokens deve ser 0 ou mais; veio ${max_new_tokens}.`);
  const most = Math.min(max_new_tokens, model.longest);
  while (!reason && ids.length < most) {
    if (send && performance.now() > until) {
      await engine.breathe();
      until = performance.now() + 8;
    }
    if (engine.cancelled.has(id)) { reason = "cancelled"; break; }
    if (model.turn !== mine) { // at the start, or when another question has read another text meanwhile
      model.read(from);
      if (ids.length) model.write([start, ...ids.slice(0, -1)]);
      model.turn = mine;
    }
    const logits = model.write([last]), [token, ...rest] = bestOf(logits, Math.max(1, k));
    last = token.id;
    ids.push(last);
    send?.(k ? { token, top: [token, ...rest] } : { token });
    if (last === eos) reason = "eos";
  }
  return { ids, text: engine.tokenizer.decode(ids), reason: reason ?? "length" };
}

engine.families.T5ForConditionalGeneration = { Model: Seq2Seq, methods: {
  encode,
  rewrite(params, id, send) {
    return rewrite(source(String(params.text ?? "")), params, id, send);
  },
  // The maps of reading `text` and writing `target` (ids; without them, what the model writes). Row u of the decoder's maps is
  // where it looked to write token u. tokens: of the text; target: of what is written.
  async trace(params) {
    const { model } = engine, { num_layers, num_decoder_layers: L, num_heads: H, vocab_size: V, decoder_start_token_id } = model.config;
    const parts = wanted(params.only, PARTS, PARTS), ids = source(String(params.text ?? "")), S = ids.length, maps = { encoder: [], decoder: [], cross: [] };
    const tell = (name, array, layer) => { maps[name][layer] = array.slice(); };
    const target = params.target ? Array.from(params.target) : (await rewrite(ids, {})).ids, U = target.length;
    if (U) model.check(target, V);
    model.turn = null;
    model.read(ids, tell);
    const logits = U ? model.write([decoder_start_token_id, ...target.slice(0, -1)], tell) : new Float32Array(0);
    const result = { tokens: ids.map(shown), target: target.map(shown), cut: 0 };
    const whole = (list) => Float32Array.from(list.flatMap((array) => Array.from(array)));
    if (parts.has(PARTS[0])) put(result, PARTS[0], whole(maps.encoder), num_layers, H, S, S);
    if (parts.has(PARTS[1])) put(result, PARTS[1], whole(maps.decoder), L, H, U, U);
    if (parts.has(PARTS[2])) put(result, PARTS[2], whole(maps.cross), L, H, U, S);
    if (parts.has("logits")) put(result, "logits", logits, U, V);
    return result;
  },
} };
