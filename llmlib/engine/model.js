// A Qwen3 transformer (Llama with RMS-normed queries and keys) in float32, one sequence at a time.
// Does: read a page file, forward pass with a key/value cache, show every activation to a hook that may change it.
// Does not: tokenize, sample, train, batch, or know where it runs.
// Shapes: T new positions, S all positions, L layers, H heads, D model width, V vocabulary.
"use strict";
{
  const LLM = (globalThis.LLM ??= {});

  // The loops of kernels.c in plain JavaScript, for hosts without WebAssembly SIMD. Sums are float64, then rounded.
  function plainKernel(bytes) {
    const memory = new ArrayBuffer(bytes);
    const dot = (a, i, b, j, n) => {
      let s = 0;
      for (const end = i + n; i < end; i++, j++) s += a[i] * b[j];
      return s;
    };
    return {
      name: "js", memory, start: 0,
      matmul(out, x, w, T, n, m) {
        for (let o = 0; o < m; o++) for (let t = 0; t < T; t++) out[t * m + o] = dot(x, t * n, w, o * n, n);
      },
      attend(attn, q, k, T, S, H, G, D) {
        for (let h = 0, row = 0; h < H; h++) for (let t = 0; t < T; t++, row += S) {
          const seen = S - T + t + 1, head = Math.floor(h / G) * D, width = (H / G) * D;
          let top = -Infinity, total = 0;
          for (let j = 0; j < seen; j++) {
            const s = dot(q, (t * H + h) * D, k, j * width + head, D) / Math.sqrt(D);
            attn[row + j] = s;
            if (s > top) top = s;
          }
          for (let j = 0; j < seen; j++) total += attn[row + j] = Math.exp(attn[row + j] - top);
          for (let j = 0; j < S; j++) attn[row + j] = j < seen ? attn[row + j] / total : 0;
        }
      },
      mix(out, attn, v, T, S, H, G, D) {
        for (let h = 0, row = 0; h < H; h++) for (let t = 0; t < T; t++, row += S) {
          const head = Math.floor(h / G) * D, width = (H / G) * D;
          for (let d = 0; d < D; d++) {
            let s = 0;
            for (let j = 0; j <= S - T + t; j++) s += attn[row + j] * v[j * width + head + d];
            out[(t * H + h) * D + d] = s;
          }
        }
      },
      swiglu(gate, up, n) {
        for (let i = 0; i < n; i++) gate[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
      },
    };
  }

  // The same loops compiled from kernels.c: arrays live in the kernel's memory and pass as addresses.
  function wasmKernel(bytes, code) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) + 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
    const kernel = { name: "wasm", memory: memory.buffer, start: 65536 }; // page 0 is the C stack
    for (const name of ["matmul", "attend", "mix", "swiglu"])
      kernel[name] = (...args) => exports[name](...args.map((a) => a.byteOffset ?? a));
    return kernel;
  }

  // base64 -> bytes
  LLM.bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  class Model {
    // file: a page file ({config, tensors, weights}); code: bytes of kernels.wasm, or null for plain JavaScript.
    // Throws when a tensor is missing or does not fit in the weights.
    constructor(file, code = null, weights = LLM.bytes(file.weights)) {
      const c = (this.config = { ...file.config });
      c.rope_theta ??= c.rope_parameters?.rope_theta ?? 1e4;
      c.head_dim ??= c.hidden_size / c.num_attention_heads;
      this.context = c.max_position_embeddings;
      const { context: S, config: { hidden_size: D, vocab_size: V, intermediate_size: I } } = this;
      const q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim;
      // Room for one full context; every array is placed once, because growing the memory would detach them all.
      const room = { x: S * D, h: S * D, q: S * q, z: S * q, attn: c.num_attention_heads * S * S, gate: S * I, up: S * I,
        logits: S * V, keys: c.num_hidden_layers * S * kv, values: c.num_hidden_layers * S * kv };
      const sizes = [...Object.entries(room), ...file.tensors.map(([name, [r, n = 1]]) => [name, r * n])];
      const bytes = sizes.reduce((sum, [, n]) => sum + Math.ceil(n / 4) * 16, 0);
      this.kernel = code && globalThis.WebAssembly?.validate(code) ? wasmKernel(bytes, code) : plainKernel(bytes);
      let at = this.kernel.start;
      const place = {};
      for (const [name, n] of sizes) {
        place[name] = new Float32Array(this.kernel.memory, at, n);
        at += Math.ceil(n / 4) * 16; // 16-byte aligned
      }
      Object.assign(this, { room: place, weights: place, seen: [] }); // seen: ids whose keys and values are cached
      for (const [name, [rows, n = 1], type, offset] of file.tensors) {
        const from = weights.byteOffset + offset, w = place[name], count = rows * n;
        if (type === "f32") w.set(new Float32Array(weights.buffer, from, count));
        else { // int8, each row with its own scale
          const int8 = new Int8Array(weights.buffer, from, count);
          const scale = new Float32Array(weights.buffer, from + Math.ceil(count / 4) * 4, rows);
          for (let r = 0, i = 0; r < rows; r++) for (const end = i + n; i < end; i++) w[i] = int8[i] * scale[r];
        }
      }
      // Rotary angles (S, head_dim / 2), rounded to float32 where torch rounds.
      const half = c.head_dim / 2;
      const angle = Float32Array.from({ length: S * half }, (_, i) =>
        Math.floor(i / half) * Math.fround(c.rope_theta ** (-(i % half) / half)));
      [this.cos, this.sin] = [angle.map(Math.cos), angle.map(Math.sin)];
    }

    // ids: the whole sequence, at most `context` long -> Float32Array of logits, (V) of the last position or, with all,
    // (T, V). The cached common prefix with the last call is not computed again, unless all or hook is given.
    // hook(name, array, shape) sees each activation by its module path; what it changes in place takes effect.
    // Sources: Qwen3 in Hugging Face transformers, whose names these are.
    forward(ids, { hook = null, all = false } = {}) {
      const { config: c, kernel, room: r, weights: w, context } = this;
      const { hidden_size: D, intermediate_size: I, num_attention_heads: H, head_dim, vocab_size: V } = c;
      const G = H / c.num_key_value_heads, kv = c.num_key_value_heads * head_dim;
      const bad = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < V));
      if (bad !== undefined) throw Error(`O token ${bad} não existe: este modelo conhece os de 0 a ${V - 1}.`);
      if (!ids.length || ids.length > context)
        throw Error(`O modelo lê de 1 a ${context} tokens por vez, e recebeu ${ids.length}.`);
      let past = 0;
      if (!all && !hook) while (past < ids.length - 1 && ids[past] === this.seen[past]) past++;
      this.seen = []; // if anything below throws, the cache counts as empty
      const T = ids.length - past, S = ids.length;
      const tell = (name, array, ...shape) => hook?.(name, array.subarray(0, shape.reduce((a, b) => a * b)), shape);
      const linear = (out, x, name, n, m) => {
        kernel.matmul(out, x, w[`model.layers.${name}.weight`], T, n, m);
        tell(`layers.${name}`, out, T, m);
      };
      const add = (h) => { for (let i = 0; i < T * D; i++) r.x[i] += h[i]; };

      const embed = w["model.embed_tokens.weight"];
      for (let t = 0; t < T; t++) r.x.set(embed.subarray(ids[past + t] * D, (ids[past + t] + 1) * D), t * D);
      tell("embed_tokens", r.x, T, D);
      for (let l = 0; l < c.num_hidden_layers; l++) {
        const K = r.keys.subarray(l * context * kv), Z = r.values.subarray(l * context * kv); // (S, kv)
        const k = K.subarray(past * kv), v = Z.subarray(past * kv), attention = `${l}.self_attn`;
        this.norm(r.h, r.x, `${l}.input_layernorm`, T, D, tell);
        linear(r.q, r.h, `${attention}.q_proj`, D, H * head_dim);
        linear(k, r.h, `${attention}.k_proj`, D, kv);
        linear(v, r.h, `${attention}.v_proj`, D, kv);
        this.norm(r.q, r.q, `${attention}.q_norm`, T * H, head_dim, tell);
        this.norm(k, k, `${attention}.k_norm`, T * kv / head_dim, head_dim, tell);
        this.rotate(r.q, T, H, past);
        this.rotate(k, T, kv / head_dim, past);
        tell(`layers.${attention}.q`, r.q, T, H, head_dim);
        tell(`layers.${attention}.k`, k, T, kv / head_dim, head_dim);
        kernel.attend(r.attn, r.q, K, T, S, H, G, head_dim);
        tell(`layers.${attention}.attn`, r.attn, H, T, S);
        kernel.mix(r.z, r.attn, Z, T, S, H, G, head_dim);
        tell(`layers.${attention}.z`, r.z, T, H, head_dim);
        linear(r.h, r.z, `${attention}.o_proj`, H * head_dim, D);
        add(r.h);
        this.norm(r.h, r.x, `${l}.post_attention_layernorm`, T, D, tell);
        linear(r.gate, r.h, `${l}.mlp.gate_proj`, D, I);
        linear(r.up, r.h, `${l}.mlp.up_proj`, D, I);
        kernel.swiglu(r.gate, r.up, T * I);
        tell(`layers.${l}.mlp.act`, r.gate, T, I);
        linear(r.h, r.gate, `${l}.mlp.down_proj`, I, D);
        add(r.h);
        tell(`layers.${l}.resid`, r.x, T, D);
      }
      this.norm(r.h, r.x, "norm", T, D, tell);
      const N = all ? T : 1; // positions that get logits: the head is a large part of the work
      kernel.matmul(r.logits, r.h.subarray((T - N) * D), w["lm_head.weight"] ?? embed, N, D, V);
      tell("lm_head", r.logits, N, V);
      this.seen = hook ? [] : Array.from(ids); // a hook may have changed what was cached
      return r.logits.slice(0, N * V);
    }

    // out (rows, n) = x / root mean square(x) * weight
    norm(out, x, name, rows, n, tell) {
      const path = name === "norm" ? name : `layers.${name}`, w = this.weights[`model.${path}.weight`];
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let i = r * n; i < (r + 1) * n; i++) sum += x[i] * x[i];
        const scale = 1 / Math.sqrt(sum / n + this.config.rms_norm_eps);
        for (let i = 0; i < n; i++) out[r * n + i] = x[r * n + i] * scale * w[i];
      }
      tell(path, out, rows, n);
    }

    // Turns each pair (i, i + half) of x (T, heads, head_dim) by its position's angle, in place.
    rotate(x, T, heads, past) {
      const half = this.config.head_dim / 2;
      for (let t = 0, at = 0; t < T; t++) for (let h = 0; h < heads; h++, at += 2 * half)
        for (let i = 0; i < half; i++) {
          const cos = this.cos[(past + t) * half + i], sin = this.sin[(past + t) * half + i];
          const a = x[at + i], b = x[at + half + i];
          x[at + i] = a * cos - b * sin;
          x[at + half + i] = b * cos + a * sin;
        }
    }
  }
  LLM.Model = Model;
}
