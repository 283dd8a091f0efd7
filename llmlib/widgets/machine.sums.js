// The machine's arithmetic, as model.js does it: one small function a step, on plain arrays. Draws nothing.
const sums = {
  dot(a, i, b, j, n) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[i + k] * b[j + k];
    return sum;
  },
  // root mean square of n numbers of x from `at` on, as the norms take it
  rms(x, at, n, eps) {
    let sum = 0;
    for (let k = at; k < at + n; k++) sum += x[k] * x[k];
    return Math.sqrt(sum / n + eps);
  },
  // every row of n of x divided by its rms, times w
  norm(x, w, n, eps) {
    const out = new Float32Array(x.length);
    for (let at = 0; at < x.length; at += n) {
      const size = sums.rms(x, at, n, eps);
      for (let k = 0; k < n; k++) out[at + k] = (x[at + k] / size) * w[k];
    }
    return out;
  },
  // the angle by which position t turns the pair (i, i + E / 2), in radians, rounded where torch rounds
  angle(t, i, E, theta) {
    const half = E / 2;
    return t * Math.fround(1 / Math.fround(theta ** ((i % half) / half)));
  },
  // x (T, heads, E) turned by position
  rotate(x, heads, E, theta) {
    const out = new Float32Array(x.length), half = E / 2;
    for (let row = 0; row < x.length / E; row++) for (let i = 0; i < half; i++) {
      const angle = sums.angle(Math.floor(row / heads), i, E, theta), cos = Math.cos(angle), sin = Math.sin(angle), at = row * E + i;
      out[at] = x[at] * cos - x[at + half] * sin;
      out[at + half] = x[at + half] * cos + x[at] * sin;
    }
    return out;
  },
  // q·k / √E of position t with positions 0 to t, by head h: q (T, H, E), k (T, K, E)
  scores(q, k, t, h, { H, K, E }) {
    const g = Math.floor((h * K) / H), out = new Float64Array(t + 1);
    for (let j = 0; j <= t; j++) out[j] = sums.dot(q, (t * H + h) * E, k, (j * K + g) * E, E) / Math.sqrt(E);
    return out;
  },
  softmax(row) {
    const top = Math.max(...row), out = row.map((v) => Math.exp(v - top)), sum = out.reduce((a, b) => a + b, 0);
    return out.map((v) => v / sum);
  },
  // the maps (H, T, T) and what they mix of v (T, K, E): z (T, H, E)
  attend(q, k, v, sizes, T) {
    const { H, K, E } = sizes, attn = new Float32Array(H * T * T), z = new Float32Array(T * H * E);
    for (let h = 0; h < H; h++) for (let t = 0; t < T; t++) {
      const row = sums.softmax(sums.scores(q, k, t, h, sizes)), at = (t * H + h) * E, g = Math.floor((h * K) / H);
      attn.set(row, (h * T + t) * T);
      row.forEach((p, j) => { for (let e = 0; e < E; e++) z[at + e] += p * v[(j * K + g) * E + e]; });
    }
    return { attn, z };
  },
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  swiglu: (gate, up) => gate.map((x, i) => x * sums.sigmoid(x) * up[i]),
  add: (a, b) => a.map((x, i) => x + b[i]),
};
