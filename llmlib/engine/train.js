// Training: gradients of a Qwen3 transformer in float32 and AdamW steps on them, for the models of model.js.
// Does: rows of tokens in, mean next-token loss and its derivative by every weight out; clipping; the update.
// Does not: choose rows, read text, or write any; lesson.js does. A page attaches this only where something trains.
// Shapes: R rows at a time of T tokens, N = R * T, D model width, H heads, K key/value heads, E size of a head,
// I width inside the MLP, V vocabulary. `d…` is the derivative of the loss by what follows the d.

// The loops of train.c in plain JavaScript, for hosts without WebAssembly SIMD.
function plainTrainKernel(bytes) {
  const kernel = {
    name: "js", memory: new ArrayBuffer(bytes),
    product(out, a, b, M, N, K, ar, ac, bs, os, o = 0, i = 0, j = 0) { // o, i, j: where out, a and b begin
      for (let r = 0; r < M; r++) for (let k = 0; k < K; k++) {
        const x = a[i + r * ar + k * ac];
        for (let c = 0, to = o + r * os, from = j + k * bs; c < N; c++) out[to + c] += x * b[from + c];
      }
    },
    transpose(out, x, m, n, stride, from = 0) {
      for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[i * m + j] = x[from + j * stride + i];
    },
    add(x, y, n) { for (let i = 0; i < n; i++) x[i] += y[i]; },
    norm(out, inv, x, w, rows, n, eps) {
      for (let row = 0, at = 0; row < rows; row++, at += n) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += x[at + i] ** 2;
        inv[row] = 1 / Math.sqrt(sum / n + eps);
        for (let i = 0; i < n; i++) out[at + i] = x[at + i] * inv[row] * w[i];
      }
    },
    norm_back(dout, dw, inv, x, w, rows, n) {
      for (let row = 0, at = 0; row < rows; row++, at += n) {
        const r = inv[row];
        let along = 0;
        for (let i = 0; i < n; i++) {
          dw[i] += dout[at + i] * x[at + i] * r;
          along += (dout[at + i] *= w[i]) * x[at + i] * r;
        }
        for (let i = 0; i < n; i++) dout[at + i] = (dout[at + i] - x[at + i] * r * along / n) * r;
      }
    },
    rotate(x, cos, sin, N, T, heads, E, sign) {
      for (let row = 0; row < N * heads; row++) for (let i = 0; i < E / 2; i++) {
        const angle = Math.floor(row / heads) % T * (E / 2) + i, at = row * E + i;
        const a = x[at], b = x[at + E / 2], s = sin[angle] * sign;
        x[at] = a * cos[angle] - b * s;
        x[at + E / 2] = b * cos[angle] + a * s;
      }
    },
    attention(z, attn, q, k, v, room, R, T, H, G, E) {
      const width = H * E, kv = H / G * E, { product } = kernel;
      z.fill(0, 0, R * T * width);
      attn.fill(0, 0, R * H * T * T);
      for (let r = 0, map = 0; r < R; r++) for (let h = 0; h < H; h++, map += T * T) {
        const head = r * T * kv + Math.floor(h / G) * E, at = r * T * width + h * E;
        kernel.transpose(room, k, T, E, kv, head);
        for (let t = 0; t < T; t++) {
          const row = map + t * T;
          let top = -Infinity, sum = 0;
          product(attn, q, room, 1, t + 1, E, width, 1, T, T, row, at + t * width);
          for (let j = row; j <= row + t; j++) top = Math.max(top, attn[j]);
          for (let j = row; j <= row + t; j++) sum += attn[j] = Math.exp((attn[j] - top) / Math.sqrt(E));
          for (let j = row; j <= row + t; j++) attn[j] /= sum;
        }
        product(z, attn, v, T, E, T, T, 1, kv, width, at, map, head);
      }
    },
    attention_back(dq, dk, dv, dz, attn, q, k, v, room, R, T, H, G, E) {
      const width = H * E, kv = H / G * E, { product } = kernel, ds = room.subarray(E * T);
      dq.fill(0, 0, R * T * width);
      dk.fill(0, 0, R * T * kv);
      dv.fill(0, 0, R * T * kv);
      for (let r = 0, map = 0; r < R; r++) for (let h = 0; h < H; h++, map += T * T) {
        const head = r * T * kv + Math.floor(h / G) * E, at = r * T * width + h * E;
        kernel.transpose(room, v, T, E, kv, head);
        ds.fill(0, 0, T * T);
        product(ds, dz, room, T, T, E, width, 1, T, T, 0, at);
        for (let t = 0; t < T; t++) {
          let mean = 0;
          for (let j = 0; j <= t; j++) mean += ds[t * T + j] * attn[map + t * T + j];
          for (let j = 0; j < T; j++) ds[t * T + j] = (ds[t * T + j] - mean) * attn[map + t * T + j] / Math.sqrt(E);
        }
        product(dq, ds, k, T, E, T, T, 1, kv, width, at, 0, head);
        product(dk, ds, q, T, E, T, 1, T, width, kv, head, 0, at);
        product(dv, attn, dz, T, E, T, 1, T, width, kv, head, map, at);
      }
    },
    swiglu(act, gate, up, n) { for (let i = 0; i < n; i++) act[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i]; },
    swiglu_back(gate, up, dact, n) {
      for (let i = 0; i < n; i++) {
        const g = gate[i], s = 1 / (1 + Math.exp(-g)), d = dact[i];
        gate[i] = d * up[i] * s * (1 + g * (1 - s));
        up[i] = d * g * s;
      }
    },
    cross_entropy(sums, logits, targets, N, V, scale) {
      for (let row = 0, at = 0; row < N; row++, at += V) {
        let top = logits[at], total = 0;
        for (let i = at; i < at + V; i++) top = Math.max(top, logits[i]);
        sums[2 * row + 1] = logits[at + targets[row]] - top;
        for (let i = at; i < at + V; i++) total += logits[i] = Math.exp(logits[i] - top);
        sums[2 * row] = total;
        for (let i = at; i < at + V; i++) logits[i] *= scale / total;
        logits[at + targets[row]] -= scale;
      }
    },
    squares(out, x, n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[i] ** 2;
      out[0] = sum;
    },
    adamw(w, g, m, v, n, rate, beta1, beta2, eps, decay, fix1, fix2, scale) {
      for (let i = 0; i < n; i++) {
        const d = g[i] * scale;
        m[i] = m[i] * beta1 + d * (1 - beta1);
        v[i] = v[i] * beta2 + d * d * (1 - beta2);
        w[i] = w[i] * (1 - rate * decay) - rate / fix1 * m[i] / (Math.sqrt(v[i] / fix2) + eps);
      }
    },
  };
  return kernel;
}

LLM.Trainer = class {
  // config: as in a page file; its max_position_embeddings is T, the length of every row. code: train.wasm, or null for plain
  // JavaScript. The weights are zero until `weights` is filled. tokens: how many to work on at a time; more rows than that
  // go one group after the other, so that memory and caches hold them.
  constructor(config, code, tokens = 256) {
    const c = this.config = config;
    const { hidden_size: D, intermediate_size: I, vocab_size: V, num_hidden_layers: L, max_position_embeddings: T } = c;
    const H = c.num_attention_heads, E = c.head_dim, wide = H * E, kv = c.num_key_value_heads * E;
    const R = this.rows = Math.max(1, Math.floor(tokens / T)), N = R * T;
    // name: [outputs, inputs]; norms have only one size. The order is torch's for the same model.
    this.shapes = { "model.embed_tokens.weight": [V, D] };
    for (let l = 0; l < L; l++) for (const [part, ...shape] of [
      ["self_attn.q_proj", wide, D], ["self_attn.k_proj", kv, D], ["self_attn.v_proj", kv, D], ["self_attn.o_proj", D, wide],
      ["self_attn.q_norm", E], ["self_attn.k_norm", E], ["mlp.gate_proj", I, D], ["mlp.up_proj", I, D], ["mlp.down_proj", D, I],
      ["input_layernorm", D], ["post_attention_layernorm", D]]) this.shapes[`model.layers.${l}.${part}.weight`] = shape;
    this.shapes["model.norm.weight"] = [D];
    const count = this.count = Object.values(this.shapes).reduce((sum, [m, n = 1]) => sum + m * n, 0);

    const room = { w: count, g: count, m: count, v: count, turned: count, logits: N * V, sums: 2 * N, targets: N, total: 1,
      room: E * T + T * T, cos: T * E / 2, sin: T * E / 2, hidden: N * D, inv: N,
      dx: N * D, dh: N * D, dz: N * wide, dq: N * wide, dk: N * kv, dv: N * kv, dact: N * I, [`x${L}`]: N * D };
    for (let l = 0; l < L; l++) for (const [name, n] of Object.entries({ x: D, before: D, q0: wide, k0: kv, q: wide, k: kv, v: kv,
      attn: H * T, z: wide, mid: D, after: D, gate: I, up: I, act: I, inv1: 1, inv2: 1, invq: H, invk: kv / E }))
      room[name + l] = N * n;
    let at = 65536; // the first page is the stack of C
    const bytes = Object.values(room).reduce((sum, n) => sum + 4 * n, at);
    this.kernel = code && globalThis.WebAssembly?.validate(code) ? wasmKernel(bytes, code) : plainTrainKernel(bytes);
    const arrays = this.arrays = {};
    for (const [name, n] of Object.entries(room)) {
      arrays[name] = new (name === "targets" ? Int32Array : Float32Array)(this.kernel.memory, at, n);
      at += 4 * n;
    }
    at = 0; // views of each weight and its derivative, and the weight turned, as the forward products want it
    this.weights = {}; this.gradients = {}; this.turned = {};
    for (const [name, [m, n = 1]] of Object.entries(this.shapes)) {
      this.weights[name] = arrays.w.subarray(at, at + m * n);
      this.gradients[name] = arrays.g.subarray(at, at + m * n);
      this.turned[name] = arrays.turned.subarray(at, at + m * n);
      at += m * n;
    }
    const half = E / 2, round = Math.fround;
    for (let i = 0; i < T * half; i++) {
      const angle = round(Math.floor(i / half) * round(1 / round(c.rope_theta ** (i % half / half))));
      [arrays.cos[i], arrays.sin[i]] = [Math.cos(angle), Math.sin(angle)];
    }
    this.steps = 0;
  }

  // ids (rows, T + 1), one after the other -> mean loss of predicting each row's last T; with learn, also this.gradients
  loss(ids, learn = false) {
    const { kernel, arrays: a, config: c } = this, T = c.max_position_embeddings, rows = ids.length / (T + 1);
    for (const [name, [m, n]] of Object.entries(this.shapes)) if (n) kernel.transpose(this.turned[name], this.weights[name], m, n, n);
    if (learn) a.g.fill(0);
    let sum = 0;
    for (let row = 0; row < rows; row += this.rows) {
      const R = Math.min(this.rows, rows - row), N = R * T, read = new Int32Array(N);
      for (let i = 0; i < N; i++) {
        const from = (row + Math.floor(i / T)) * (T + 1) + i % T;
        [read[i], a.targets[i]] = [ids[from], ids[from + 1]];
      }
      this.forward(read, R);
      kernel.cross_entropy(a.sums, a.logits, a.targets, N, c.vocab_size, 1 / (rows * T));
      for (let i = 0; i < N; i++) sum += Math.log(a.sums[2 * i]) - a.sums[2 * i + 1];
      if (learn) this.backward(read, R);
    }
    return sum / (rows * T);
  }

  // One step of gradient descent on ids (rows, T + 1) -> {loss, norm of the gradient before it was shortened to clip}
  step(ids, { rate, betas: [beta1, beta2] = [0.9, 0.95], eps = 1e-8, decay = 0, clip = 1 }) {
    const { kernel, arrays: a } = this, loss = this.loss(ids, true), t = ++this.steps;
    kernel.squares(a.total, a.g, this.count);
    const norm = Math.sqrt(a.total[0]), scale = Math.min(1, clip / (norm + 1e-6)); // as torch shortens it
    kernel.adamw(a.w, a.g, a.m, a.v, this.count, rate, beta1, beta2, eps, decay, 1 - beta1 ** t, 1 - beta2 ** t, scale);
    return { loss, norm };
  }

  // read (N) ids of R rows -> arrays.logits (N, V), and all that the way back needs
  forward(read, R) {
    const { kernel, arrays: a, config: c } = this, eps = c.rms_norm_eps;
    const { hidden_size: D, intermediate_size: I, num_attention_heads: H, num_key_value_heads: K, head_dim: E, max_position_embeddings: T } = c;
    const N = R * T, wide = H * E, embed = this.weights["model.embed_tokens.weight"];
    const linear = (out, x, name) => { // out (N, m) = x (N, n) @ weight (m, n) transposed
      const [m, n] = this.shapes[name];
      out.fill(0, 0, N * m);
      kernel.product(out, x, this.turned[name], N, m, n, n, 1, m, m);
    };
    read.forEach((id, i) => a.x0.set(embed.subarray(id * D, (id + 1) * D), i * D));
    for (let l = 0; l < c.num_hidden_layers; l++) {
      const of = (name) => a[name + l], path = (part) => `model.layers.${l}.${part}.weight`, weight = (part) => this.weights[path(part)];
      kernel.norm(of("before"), of("inv1"), of("x"), weight("input_layernorm"), N, D, eps);
      linear(of("q0"), of("before"), path("self_attn.q_proj"));
      linear(of("k0"), of("before"), path("self_attn.k_proj"));
      linear(of("v"), of("before"), path("self_attn.v_proj"));
      kernel.norm(of("q"), of("invq"), of("q0"), weight("self_attn.q_norm"), N * H, E, eps);
      kernel.norm(of("k"), of("invk"), of("k0"), weight("self_attn.k_norm"), N * K, E, eps);
      kernel.rotate(of("q"), a.cos, a.sin, N, T, H, E, 1);
      kernel.rotate(of("k"), a.cos, a.sin, N, T, K, E, 1);
      kernel.attention(of("z"), of("attn"), of("q"), of("k"), of("v"), a.room, R, T, H, H / K, E);
      linear(of("mid"), of("z"), path("self_attn.o_proj"));
      kernel.add(of("mid"), of("x"), N * D);
      kernel.norm(of("after"), of("inv2"), of("mid"), weight("post_attention_layernorm"), N, D, eps);
      linear(of("gate"), of("after"), path("mlp.gate_proj"));
      linear(of("up"), of("after"), path("mlp.up_proj"));
      kernel.swiglu(of("act"), of("gate"), of("up"), N * I);
      linear(a[`x${l + 1}`], of("act"), path("mlp.down_proj"));
      kernel.add(a[`x${l + 1}`], of("mid"), N * D);
    }
    kernel.norm(a.hidden, a.inv, a[`x${c.num_hidden_layers}`], this.weights["model.norm.weight"], N, D, eps);
    linear(a.logits, a.hidden, "model.embed_tokens.weight");
  }

  // From the derivatives in arrays.logits: adds to every gradient. Undoes forward line by line, the last one first.
  backward(read, R) {
    const { kernel, arrays: a, config: c } = this, { dx, dh } = a;
    const { hidden_size: D, intermediate_size: I, num_attention_heads: H, num_key_value_heads: K, head_dim: E, max_position_embeddings: T } = c;
    const N = R * T, embedding = "model.embed_tokens.weight";
    // of out = x @ weight transposed: adds to the weight's gradient, and to dto (N, n) the derivative by x
    const linear = (dout, x, name, dto) => {
      const [m, n] = this.shapes[name];
      kernel.product(this.gradients[name], dout, x, m, n, N, 1, m, n, n);
      kernel.product(dto, dout, this.weights[name], N, n, m, m, 1, n, n);
    };
    const norm = (dout, inv, x, name, rows, n) => kernel.norm_back(dout, this.gradients[name], inv, x, this.weights[name], rows, n);
    dx.fill(0, 0, N * D);
    linear(a.logits, a.hidden, embedding, dx);
    norm(dx, a.inv, a[`x${c.num_hidden_layers}`], "model.norm.weight", N, D);
    for (let l = c.num_hidden_layers - 1; l >= 0; l--) {
      const of = (name) => a[name + l], path = (part) => `model.layers.${l}.${part}.weight`;
      a.dact.fill(0, 0, N * I);
      linear(dx, of("act"), path("mlp.down_proj"), a.dact);
      kernel.swiglu_back(of("gate"), of("up"), a.dact, N * I); // in their place
      dh.fill(0, 0, N * D);
      linear(of("gate"), of("after"), path("mlp.gate_proj"), dh);
      linear(of("up"), of("after"), path("mlp.up_proj"), dh);
      norm(dh, of("inv2"), of("mid"), path("post_attention_layernorm"), N, D);
      kernel.add(dx, dh, N * D); // by mid: the way through the MLP and the way past it
      a.dz.fill(0, 0, N * H * E);
      linear(dx, of("z"), path("self_attn.o_proj"), a.dz);
      kernel.attention_back(a.dq, a.dk, a.dv, a.dz, of("attn"), of("q"), of("k"), of("v"), a.room, R, T, H, H / K, E);
      kernel.rotate(a.dq, a.cos, a.sin, N, T, H, E, -1);
      kernel.rotate(a.dk, a.cos, a.sin, N, T, K, E, -1);
      norm(a.dq, of("invq"), of("q0"), path("self_attn.q_norm"), N * H, E);
      norm(a.dk, of("invk"), of("k0"), path("self_attn.k_norm"), N * K, E);
      dh.fill(0, 0, N * D);
      linear(a.dq, of("before"), path("self_attn.q_proj"), dh);
      linear(a.dk, of("before"), path("self_attn.k_proj"), dh);
      linear(a.dv, of("before"), path("self_attn.v_proj"), dh);
      norm(dh, of("inv1"), of("x"), path("input_layernorm"), N, D);
      kernel.add(dx, dh, N * D);
    }
    const dembed = this.gradients[embedding]; // also read at the bottom: tied
    read.forEach((id, i) => { for (let d = 0; d < D; d++) dembed[id * D + d] += dx[i * D + d]; });
  }
};
