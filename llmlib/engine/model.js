// A Qwen3 transformer (Llama with RMS-normed queries and keys) in float32, one sequence at a time.
// Does: open a page file, forward pass with a key/value cache, show each activation to a hook that may change it.
// Does not: tokenize, sample, train, batch, or know where it runs.
// Shapes: T new positions, S all positions, H heads, G query heads per key head, D model width, V vocabulary.

// base64 -> bytes
LLM.bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

// out (rows, n) = x / root mean square(x) * w
LLM.rms = (out, x, w, rows, n, eps) => {
  for (let at = 0; at < rows * n; at += n) {
    let sum = 0;
    for (let i = at; i < at + n; i++) sum += x[i] * x[i];
    const scale = 1 / Math.sqrt(sum / n + eps);
    for (let i = 0; i < n; i++) out[at + i] = x[at + i] * scale * w[i];
  }
};

// The loops of kernels.c in plain JavaScript, for hosts without WebAssembly SIMD. D here is the size of a head.
function plainKernel(bytes) {
  const dot = (a, i, b, j, n, step = 1) => { // in float64
    let sum = 0;
    for (const end = i + n; i < end; i++, j += step) sum += a[i] * b[j];
    return sum;
  };
  // each query: its row of the map, how many keys it sees, where it lies, and where its keys' head lies
  const each = (visit, T, S, H, G, D) => {
    for (let h = 0; h < H; h++) for (let t = 0; t < T; t++)
      visit((h * T + t) * S, S - T + t + 1, (t * H + h) * D, Math.floor(h / G) * D, (H / G) * D, D);
  };
  return {
    name: "js", memory: new ArrayBuffer(bytes),
    matmul(out, x, w, T, n, m) {
      for (let o = 0; o < m; o++) for (let t = 0; t < T; t++) out[t * m + o] = dot(x, t * n, w, o * n, n);
    },
    attend(attn, q, k, ...sizes) {
      each((row, seen, at, head, width, D) => {
        let top = -Infinity, sum = 0;
        for (let j = 0; j < seen; j++)
          top = Math.max(top, attn[row + j] = dot(q, at, k, j * width + head, D) / Math.sqrt(D));
        for (let j = 0; j < seen; j++) sum += attn[row + j] = Math.exp(attn[row + j] - top);
        for (let j = 0; j < sizes[1]; j++) attn[row + j] = j < seen ? attn[row + j] / sum : 0;
      }, ...sizes);
    },
    mix(out, attn, v, ...sizes) {
      each((row, seen, at, head, width, D) => {
        for (let d = 0; d < D; d++) out[at + d] = dot(attn, row, v, head + d, seen, width);
      }, ...sizes);
    },
    swiglu(gate, up, n) {
      for (let i = 0; i < n; i++) gate[i] *= up[i] / (1 + Math.exp(-gate[i]));
    },
  };
}

// The same loops compiled from kernels.c: arrays live in its memory and pass as addresses.
function wasmKernel(bytes, code) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const kernel = { name: "wasm", memory: memory.buffer };
  for (const [name, run] of Object.entries(exports)) kernel[name] = (...args) => run(...args.map((a) => a.byteOffset ?? a));
  return kernel;
}

// {kernel, arrays by name}: the weights widened to float32, and arrays of the sizes that `room` says. All of it is placed
// once: memory that grows would detach every array.
LLM.place = (tensors, weights, code, room) => {
  const sizes = Object.entries(room), arrays = {};
  for (const [name, [rows, n = 1]] of tensors) sizes.push([name, rows * n]);
  let at = 65536; // the first page is the stack of C
  const bytes = sizes.reduce((sum, [, n]) => sum + 4 * n, at);
  const kernel = code && globalThis.WebAssembly?.validate(code) ? wasmKernel(bytes, code) : plainKernel(bytes);
  for (const [name, n] of sizes) {
    arrays[name] = new Float32Array(kernel.memory, at, n);
    at += 4 * n;
  }
  for (const [name, [rows, n = 1], type, offset] of tensors) {
    const out = arrays[name], from = weights.byteOffset + offset, float32 = type === "f32";
    const values = new (float32 ? Float32Array : Int8Array)(weights.buffer, from, rows * n);
    if (float32) { out.set(values); continue; }
    const scale = new Float32Array(weights.buffer, from + Math.ceil(rows * n / 4) * 4, rows); // int8: one scale a row
    for (let i = 0; i < out.length; i++) out[i] = values[i] * scale[Math.floor(i / n)];
  }
  return { kernel, arrays };
};

LLM.Model = class {
  // file: {config, tensors} of a page file; weights: its bytes; code: kernels.wasm, or null for plain JavaScript.
  // Throws when a tensor does not fit in the bytes.
  constructor({ config, tensors }, weights, code) {
    this.config = { head_dim: config.hidden_size / config.num_attention_heads, ...config };
    const { hidden_size: D, num_attention_heads: H, head_dim, max_position_embeddings: S } = this.config;
    const kv = config.num_key_value_heads * head_dim, I = config.intermediate_size;
    const room = { x: D, h: D, q: H * head_dim, z: H * head_dim, attn: H * S, gate: I, up: I, logits: config.vocab_size,
      keys: config.num_hidden_layers * kv, values: config.num_hidden_layers * kv };
    for (const name in room) room[name] *= S;
    Object.assign(this, LLM.place(tensors, weights, code, room));
    this.head = this.arrays["lm_head.weight"] ?? this.arrays["model.embed_tokens.weight"];
    const half = head_dim / 2, round = Math.fround; // rotary angles (S, half), rounded where torch rounds
    const angle = Float32Array.from({ length: S * half }, (_, i) =>
      Math.floor(i / half) * round(1 / round(config.rope_theta ** (i % half / half))));
    this.cos = angle.map(Math.cos);
    this.sin = angle.map(Math.sin);
    this.seen = []; // the ids whose keys and values are cached
  }

  // ids: the whole sequence -> logits (V) of the last position or, with all, (T, V). What it has in common with the last
  // call is not computed again, unless all or hook is given. hook(name, array, shape) sees every activation by its
  // module's path; what it changes in place takes effect. Source: Qwen3 in transformers, whose names these are.
  forward(ids, { hook, all } = {}) {
    const { config: c, kernel, arrays: r } = this;
    const { hidden_size: D, intermediate_size: I, num_attention_heads: H, num_key_value_heads, head_dim, vocab_size: V } = c;
    const context = c.max_position_embeddings, kv = num_key_value_heads * head_dim;
    const weight = (name) => r[`model.${name}.weight`], embed = weight("embed_tokens");
    if (!ids.length || ids.length > context || !ids.every((id) => id >>> 0 === id && id < V))
      throw Error(`Este modelo lê de 1 a ${context} tokens, com números de 0 a ${V - 1}.`);
    let past = 0;
    if (!all && !hook) while (past < ids.length - 1 && ids[past] === this.seen[past]) past++;
    this.seen = []; // if anything below throws, nothing counts as cached
    const S = ids.length, T = S - past, sizes = [T, S, H, H / num_key_value_heads, head_dim];
    const tell = (name, array, ...shape) => hook?.(name, array.subarray(0, shape.reduce((a, b) => a * b)), shape);
    const linear = (out, x, name, n, m) => {
      kernel.matmul(out, x, weight(name), T, n, m, n);
      tell(name, out, T, m);
    };
    const norm = (out, x, name, rows, n) => {
      LLM.rms(out, x, weight(name), rows, n, c.rms_norm_eps);
      tell(name, out, rows, n);
    };
    // Turns each pair (i, i + half) of x (T, heads, head_dim) by its position's angle, in place.
    const rotate = (x, heads, name) => {
      const half = head_dim / 2;
      for (let row = 0; row < T * heads; row++) for (let i = 0; i < half; i++) {
        const angle = (past + Math.floor(row / heads)) * half + i, at = row * head_dim + i;
        const a = x[at], b = x[at + half], cos = this.cos[angle], sin = this.sin[angle];
        x[at] = a * cos - b * sin;
        x[at + half] = b * cos + a * sin;
      }
      tell(name, x, T, heads, head_dim);
    };
    const add = () => { for (let i = 0; i < T * D; i++) r.x[i] += r.h[i]; };

    for (let t = 0; t < T; t++) r.x.set(embed.subarray(ids[past + t] * D, (ids[past + t] + 1) * D), t * D);
    tell("embed_tokens", r.x, T, D);
    for (let l = 0; l < c.num_hidden_layers; l++) {
      const layer = `layers.${l}`, attn = `${layer}.self_attn`, mlp = `${layer}.mlp`;
      const keys = r.keys.subarray(l * context * kv), values = r.values.subarray(l * context * kv); // (S, kv)
      const k = keys.subarray(past * kv), v = values.subarray(past * kv); // their new rows
      norm(r.h, r.x, `${layer}.input_layernorm`, T, D);
      linear(r.q, r.h, `${attn}.q_proj`, D, H * head_dim);
      linear(k, r.h, `${attn}.k_proj`, D, kv);
      linear(v, r.h, `${attn}.v_proj`, D, kv);
      norm(r.q, r.q, `${attn}.q_norm`, T * H, head_dim);
      norm(k, k, `${attn}.k_norm`, T * num_key_value_heads, head_dim);
      rotate(r.q, H, `${attn}.q`);
      rotate(k, num_key_value_heads, `${attn}.k`);
      kernel.attend(r.attn, r.q, keys, ...sizes);
      tell(`${attn}.attn`, r.attn, H, T, S);
      kernel.mix(r.z, r.attn, values, ...sizes);
      tell(`${attn}.z`, r.z, T, H, head_dim);
      linear(r.h, r.z, `${attn}.o_proj`, H * head_dim, D);
      add();
      norm(r.h, r.x, `${layer}.post_attention_layernorm`, T, D);
      linear(r.gate, r.h, `${mlp}.gate_proj`, D, I);
      linear(r.up, r.h, `${mlp}.up_proj`, D, I);
      kernel.swiglu(r.gate, r.up, T * I);
      tell(`${mlp}.act`, r.gate, T, I);
      linear(r.h, r.gate, `${mlp}.down_proj`, I, D);
      add();
      tell(`${layer}.resid`, r.x, T, D);
    }
    norm(r.h, r.x, "norm", T, D);
    const N = all ? T : 1; // the positions that need logits: the head is a large part of the work
    kernel.matmul(r.logits, r.h.subarray((T - N) * D), this.head, N, D, V, D);
    tell("lm_head", r.logits, N, V);
    if (!hook) this.seen = Array.from(ids); // a hook may have changed what was cached
    return r.logits.slice(0, N * V);
  }
};
