// A permutation language model (XLNet): it fills the gaps of a text in any order, each gap seeing the ones filled before it,
// on both sides. Two streams: the content stream holds what each visible token is; the query stream starts from one learned
// vector, knows only where it stands, and becomes the guess. Positions are distances. Does: fill, and trace: the content stream
// of a whole text. Does not: train, or keep memories. A hidden token is seen by nobody, so the content stream is computed for the visible ones alone.
// Shapes: S visible tokens, N guesses, H heads, E size of a head, D width, F of the MLP.
// Source: Yang et al., 2019 (XLNet); the names are those of transformers, q, k, v and r as matrices (H*E, D), o as (D, H*E).

class Permutation extends Blocks {
  constructor(file, weights, code) {
    const { d_model: D, d_inner: F, n_head: H, max_position_embeddings: S, vocab_size: V } = file.config, E = D / H;
    if (file.config.ff_activation !== "gelu" || file.config.attn_type !== "bi") throw Error("another XLNet");
    const room = { x: S * D, g: S * D, h: S * D, q: S * D, qr: S * D, k: S * D, v: S * D, z: S * D, r: 2 * S * D, far: 2 * S * D,
      bd: 2 * S * S, up: S * F, logits: S * V };
    super(file, weights, code, room, { H, E, longest: S });
  }

  // Warming up: a guess for what follows a text.
  forward(ids) { return this.guess(ids, [...ids.keys()], [ids.length]); }

  // ids (S) at the positions `at` -> logits (N, V) for the hidden positions `places`, each of which sees all of ids.
  // tell(name, array, layer) sees where the queries look ("query", (H, N, S)), where the content does ("content", (H, S, S)),
  // and the content's states after the embedding and after each layer ("state", (S, D)).
  guess(ids, at, places, tell) {
    const { arrays: r, config: c } = this, { d_model: D, n_head: H, d_inner: F, vocab_size: V } = c, S = ids.length, N = places.length;
    this.check(ids, V);
    const length = Math.max(...at, ...places) + 1, far = 2 * length - 1; // distances length - 1, …, 0, …, 1 - length
    for (let m = 0; m < far; m++) for (let i = 0; i < D / 2; i++) {
      const angle = (length - 1 - m) / 10000 ** (2 * i / D);
      r.far[m * D + i] = Math.sin(angle);
      r.far[m * D + D / 2 + i] = Math.cos(angle);
    }
    this.gather(r.x, "transformer.word_embedding.weight", ids, D);
    for (let n = 0; n < N; n++) r.g.set(r["transformer.mask_emb"], n * D);
    tell?.("state", r.x.subarray(0, S * D), 0);
    for (let l = 0; l < c.n_layer; l++) {
      const layer = `transformer.layer.${l}`, attn = `${layer}.rel_attn`;
      this.linear(r.k, r.x, `${attn}.k`, S, D, D);
      this.linear(r.v, r.x, `${attn}.v`, S, D, D);
      this.linear(r.r, r.far, `${attn}.r`, far, D, D);
      for (const [stream, own, T] of [[r.x, at, S], [r.g, places, N]]) {
        if (!T) continue; // nothing is hidden
        const maps = this.look(attn, stream, T, S, far, (t, s) => length - 1 - (own[t] - at[s]));
        tell?.(stream === r.g ? "query" : "content", maps, l);
        addTo(r.h, stream, T * D);
        this.layerNorm(stream, r.h, `${attn}.layer_norm`, T, D, c.layer_norm_eps);
        this.feed(`${layer}.ff`, stream, T, D, F);
      }
      tell?.("state", r.x.subarray(0, S * D), l + 1);
    }
    this.linear(r.logits, r.g, "transformer.word_embedding.weight", N, D, V);
    const logits = r.logits.slice(0, N * V), bias = r["lm_loss.bias"];
    for (let i = 0; i < logits.length; i++) logits[i] += bias[i % V];
    return logits;
  }

  // h = the attention of a stream (T, D) over the content: what the keys hold and how far they stand, each with its own bias
  // of the queries. row(t, s): which row of r.r is that distance.
  look(attn, stream, T, S, far, row) {
    const { arrays: r, config: { d_model: D, n_head: H, layer_norm_eps } } = this, E = D / H, scale = 1 / Math.sqrt(E);
    const content = r[`${attn}.r_w_bias`], place = r[`${attn}.r_r_bias`];
    this.linear(r.q, stream, `${attn}.q`, T, D, D);
    for (let i = 0; i < T * D; i++) {
      r.qr[i] = r.q[i] + place[i % D];
      r.q[i] += content[i % D];
    }
    const maps = this.attention(r.z, r.q, r.k, r.v, T, S, H, E, (h, scores) => {
      for (let t = 0; t < T; t++) r.one.set(r.qr.subarray(t * D + h * E, t * D + (h + 1) * E), t * E);
      this.kernel.matmul(r.bd, r.one, r.r.subarray(h * E), T, E, far, D);
      for (let t = 0; t < T; t++) for (let s = 0; s < S; s++)
        scores[t * S + s] = (scores[t * S + s] + r.bd[t * far + row(t, s)]) * scale;
    });
    this.linear(r.h, r.z, `${attn}.o`, T, D, D);
    return maps;
  }

  // stream = norm(stream + MLP(stream))
  feed(name, stream, T, D, F) {
    const r = this.arrays, first = r[`${name}.layer_1.bias`], second = r[`${name}.layer_2.bias`];
    this.linear(r.up, stream, `${name}.layer_1.weight`, T, D, F);
    for (let i = 0; i < T * F; i++) r.up[i] = gelu(r.up[i] + first[i % F]);
    this.linear(r.h, r.up, `${name}.layer_2.weight`, T, F, D);
    for (let i = 0; i < T * D; i++) r.h[i] += second[i % D] + stream[i];
    this.layerNorm(stream, r.h, `${name}.layer_norm`, T, D, this.config.layer_norm_eps);
  }
}

// x times the share of a normal distribution below x, within 2e-7 (Abramowitz and Stegun, 1964, 7.1.26).
function gelu(x) {
  const a = Math.abs(x) / Math.SQRT2, t = 1 / (1 + 0.3275911 * a);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-a * a);
  return x > 0 ? x * (1 - tail / 2) : (x * tail) / 2;
}

// The parts of a text around its gaps; the blanks before a gap belong to the word that is missing.
const around = (text) => text.split(/(?:[^\S\uFEFF]|\x85)*<\|mask\|>/);

engine.families.XLNetLMHeadModel = { Model: Permutation, methods: {
  encode,
  // text with <|mask|> in it -> for each gap, in the order of the text, the k best tokens when its turn came. order: the gaps'
  // numbers, the one to fill first first; without it from left to right. attentions: where each gap looked, (gaps, L, H, T).
  fill({ text = "", k = 10, order, only }) {
    const { model, tokenizer } = engine, { vocab_size: V, n_layer: L, n_head: H, bos_token_id } = model.config;
    const parts = wanted(only, [], ["attentions"]);
    count(k, V);
    mustSay(String(text), WRITE_GAP);
    const ids = [bos_token_id], masked = [];
    around(String(text)).forEach((part, i) => {
      if (i) masked.push(ids.push(-1) - 1);
      ids.push(...tokenizer.encode(part));
    });
    const T = ids.length, N = masked.length, turns = order == null ? [...masked.keys()] : Array.from(order);
    if (!N) throw Error(NO_GAP);
    if (T > model.longest) throw Error(tooLong(model, T));
    if (turns.length !== N || masked.some((_, i) => !turns.includes(i)))
      throw Error(`A ordem diz cada lacuna uma vez, de 0 a ${N - 1}; veio ${turns.join(", ") || "nada"}.`);
    const tokens = ids.map((id) => id < 0 ? { id, text: MASK } : shown(id)), top = [], maps = parts.has("attentions") && new Float32Array(N * L * H * T);
    for (const gap of turns) {
      const at = [...ids.keys()].filter((i) => ids[i] >= 0), S = at.length, place = masked[gap];
      const tell = (name, seen, layer) => {
        if (name === "query") for (let h = 0; h < H; h++) for (let s = 0; s < S; s++) maps[((gap * L + layer) * H + h) * T + at[s]] = seen[h * S + s];
      };
      top[gap] = bestOf(model.guess(at.map((i) => ids[i]), at, [place], maps ? tell : undefined), k);
      ids[place] = top[gap][0].id;
    }
    const result = { tokens, masked, top, order: turns };
    return maps ? put(result, "attentions", maps, N, L, H, T) : result;
  },
  // The content stream of a text in which nothing is hidden: every token sees all, itself too. No logits: nothing is asked.
  trace(params) {
    const { model, tokenizer } = engine, { n_layer: L, n_head: H, d_model: D, bos_token_id } = model.config, all = ["attentions", "hidden_states"];
    const parts = wanted(params.only, all, all), text = String(params.text ?? "");
    mustSay(text, "escreva uma frase");
    const ids = [bos_token_id, ...tokenizer.encode(text)], T = ids.length;
    const attentions = parts.has("attentions") && new Float32Array(L * H * T * T);
    const hidden_states = parts.has("hidden_states") && new Float32Array((L + 1) * T * D);
    model.guess(ids, [...ids.keys()], [], (name, array, layer) => {
      if (name === "content" && attentions) attentions.set(array, layer * array.length);
      if (name === "state" && hidden_states) hidden_states.set(array, layer * array.length);
    });
    const result = { tokens: ids.map(shown), cut: 0 };
    if (attentions) put(result, "attentions", attentions, L, H, T, T);
    return hidden_states ? put(result, "hidden_states", hidden_states, L + 1, T, D) : result;
  },
} };
