// The loops of training, for WebAssembly with 128-bit SIMD: what goes forward, its derivatives, and AdamW.
// Does: products of matrices that may be read transposed, RMS norm, rotation, attention, SwiGLU and cross-entropy with
// their backward passes, sums of squares, one AdamW update. Does not: allocate, or know about layers; train.js does, and
// holds the same loops in plain JavaScript. A page that trains nothing never loads this. Rebuild: python -m builders.kernels
// Every `d…` is the derivative of the loss by what follows the d. Derivatives of weights are added to what is there.
// Shapes: R rows of T tokens, N = R * T, H heads, G query heads per key head, E size of a head.
#include "simd.h"

#define SLICE 256  // of the inner dimension: what fits in the first-level cache
#define QUERIES 16  // queries that share one triangle's edge in attention

// A rows x (4 * B) tile of out += a @ b, its sums in registers.
INLINE void tile(float *out, const float *a, const float *b, int K, int ar, int ac, int bs, int os, const int A, const int B) {
  f4 sum[A][B], y[B];
  UNROLL for (int r = 0; r < A; r++) UNROLL for (int c = 0; c < B; c++) sum[r][c] = *(f4 *)(out + r * os + 4 * c);
  for (; K > 0; K--, a += ac, b += bs) {
    UNROLL for (int c = 0; c < B; c++) y[c] = *(const f4 *)(b + 4 * c);
    UNROLL for (int r = 0; r < A; r++) {
      f4 x = wasm_v128_load32_splat(a + r * ar);
      UNROLL for (int c = 0; c < B; c++) sum[r][c] += x * y[c];
    }
  }
  UNROLL for (int r = 0; r < A; r++) UNROLL for (int c = 0; c < B; c++) *(f4 *)(out + r * os + 4 * c) = sum[r][c];
}

// out (M, N) += a (M, K) @ b (K, N). Steps in memory: `ar` from row to row of a and `ac` from column to column (so a may
// be a transposed matrix), `bs` from row to row of b, `os` of out.
EXPORT(product)(float *out, const float *a, const float *b, int M, int N, int K, int ar, int ac, int bs, int os) {
  for (int k = 0; k < K; k += SLICE, a += SLICE * ac, b += SLICE * bs) {
    int n = K - k < SLICE ? K - k : SLICE, c = 0, r;
    for (; c + 8 <= N; c += 8) {
      for (r = 0; r + 4 <= M; r += 4) tile(out + r * os + c, a + r * ar, b + c, n, ar, ac, bs, os, 4, 2);
      for (; r < M; r++) tile(out + r * os + c, a + r * ar, b + c, n, ar, ac, bs, os, 1, 2);
    }
    for (; c + 4 <= N; c += 4) {
      for (r = 0; r + 4 <= M; r += 4) tile(out + r * os + c, a + r * ar, b + c, n, ar, ac, bs, os, 4, 1);
      for (; r < M; r++) tile(out + r * os + c, a + r * ar, b + c, n, ar, ac, bs, os, 1, 1);
    }
    for (; c < N; c++)
      for (r = 0; r < M; r++) {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += a[r * ar + i * ac] * b[i * bs + c];
        out[r * os + c] += sum;
      }
  }
}

// out (n, m) = x (m, n) transposed, the rows of x lying `stride` floats apart
EXPORT(transpose)(float *out, const float *x, int m, int n, int stride) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) out[i * m + j] = x[j * stride + i];
}

INLINE void clear(float *x, int n) { for (int i = 0; i < n; i++) x[i] = 0; }

// x (n) += y (n)
EXPORT(add)(float *x, const float *y, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) *(f4 *)(x + i) += *(const f4 *)(y + i);
  for (; i < n; i++) x[i] += y[i];
}

// out (rows, n) = x / root mean square(x) * w; inv (rows) keeps 1 / root mean square
EXPORT(norm)(float *out, float *inv, const float *x, const float *w, int rows, int n, float eps) {
  for (int row = 0; row < rows; row++, x += n, out += n) {
    f4 squares = {0};
    float sum = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) squares += *(const f4 *)(x + i) * *(const f4 *)(x + i);
    for (; i < n; i++) sum += x[i] * x[i];
    float scale = inv[row] = 1 / __builtin_sqrtf((sum + sum4(squares)) / n + eps);
    for (i = 0; i + 4 <= n; i += 4) *(f4 *)(out + i) = *(const f4 *)(x + i) * scale * *(const f4 *)(w + i);
    for (; i < n; i++) out[i] = x[i] * scale * w[i];
  }
}

// From dout (rows, n): dx, written over dout, and dw (n) added to. x * inv has mean square 1, so moving along x changes nothing.
EXPORT(norm_back)(float *dout, float *dw, const float *inv, const float *x, const float *w, int rows, int n) {
  for (int row = 0; row < rows; row++, x += n, dout += n) {
    float r = inv[row], along = 0;
    int i = 0;
    f4 sum = {0};
    for (; i + 4 <= n; i += 4) {
      f4 d = *(f4 *)(dout + i), y = *(const f4 *)(x + i) * r;
      *(f4 *)(dw + i) += d * y;
      *(f4 *)(dout + i) = d *= *(const f4 *)(w + i);
      sum += d * y;
    }
    for (; i < n; i++) {
      float y = x[i] * r;
      dw[i] += dout[i] * y;
      along += (dout[i] *= w[i]) * y;
    }
    along = (along + sum4(sum)) / n;
    for (i = 0; i + 4 <= n; i += 4) *(f4 *)(dout + i) = (*(f4 *)(dout + i) - *(const f4 *)(x + i) * (r * along)) * r;
    for (; i < n; i++) dout[i] = (dout[i] - x[i] * (r * along)) * r;
  }
}

// Turns each pair (i, i + E/2) of x (N, heads, E) by its position's angle, in place; sign -1 turns back, which is also the
// derivative. cos, sin (T, E/2).
EXPORT(rotate)(float *x, const float *cos, const float *sin, int N, int T, int heads, int E, float sign) {
  int half = E / 2;
  for (int row = 0; row < N; row++)
    for (int h = 0; h < heads; h++, x += E)
      for (int i = 0, at = row % T * half; i < half; i++, at++) {
        float a = x[i], b = x[i + half], s = sin[at] * sign;
        x[i] = a * cos[at] - b * s;
        x[i + half] = b * cos[at] + a * s;
      }
}

// row (width) = softmax(row * scale) over the first `seen`; the rest is 0
INLINE void softmax(float *row, int seen, int width, float scale) {
  float top = -1e30f, total = 0;
  f4 sums = {0};
  int j = 0;
  for (; j < seen; j++) top = row[j] > top ? row[j] : top;
  for (j = 0; j + 4 <= seen; j += 4) sums += *(f4 *)(row + j) = exp4((*(f4 *)(row + j) - top) * scale);
  for (; j < seen; j++) total += row[j] = exp1((row[j] - top) * scale);
  total = 1 / (total + sum4(sums));
  for (j = 0; j < seen; j++) row[j] *= total;
  for (; j < width; j++) row[j] = 0;
}

// attn (R, H, T, T) and z (N, H*E) from q (N, H*E), k and v (N, H/G*E). Of the map only what is left of the edge of a
// block of queries is written. room: E * T floats.
EXPORT(attention)(float *z, float *attn, const float *q, const float *k, const float *v, float *room, int R, int T, int H, int G, int E) {
  int width = H * E, kv = H / G * E;
  float scale = 1 / __builtin_sqrtf(E);
  clear(z, R * T * width);
  for (int r = 0; r < R; r++, z += T * width, q += T * width, k += T * kv, v += T * kv)
    for (int h = 0; h < H; h++, attn += T * T) {
      if (h % G == 0) transpose(room, k + h / G * E, T, E, kv);
      for (int t = 0; t < T; t += QUERIES) {
        int n = T - t < QUERIES ? T - t : QUERIES, seen = t + n;
        for (int i = t; i < seen; i++) clear(attn + i * T, seen);
        product(attn + t * T, q + t * width + h * E, room, n, seen, E, width, 1, T, T);
        for (int i = t; i < seen; i++) softmax(attn + i * T, i + 1, seen, scale);
        product(z + t * width + h * E, attn + t * T, v + h / G * E, n, E, seen, T, 1, kv, width);
      }
    }
}

// From dz: dq (N, H*E), dk and dv (N, H/G*E), all written new. room: E * T + T * T floats.
EXPORT(attention_back)(float *dq, float *dk, float *dv, const float *dz, const float *attn, const float *q, const float *k,
                       const float *v, float *room, int R, int T, int H, int G, int E) {
  int width = H * E, kv = H / G * E;
  float scale = 1 / __builtin_sqrtf(E), *ds = room + E * T;
  clear(dq, R * T * width);
  clear(dk, R * T * kv);
  clear(dv, R * T * kv);
  for (int r = 0; r < R; r++) {
    for (int h = 0; h < H; h++, attn += T * T) {
      const float *out = dz + h * E, *query = q + h * E, *key = k + h / G * E;
      float *dkey = dk + h / G * E, *dvalue = dv + h / G * E;
      if (h % G == 0) transpose(room, v + h / G * E, T, E, kv);
      for (int t = 0; t < T; t += QUERIES) {
        int n = T - t < QUERIES ? T - t : QUERIES, seen = t + n;
        for (int i = t; i < seen; i++) clear(ds + i * T, seen);
        product(ds + t * T, out + t * width, room, n, seen, E, width, 1, T, T); // by the map
        for (int i = t; i < seen; i++) { // by the scores: each row's mean goes, weighted by the map
          float *d = ds + i * T, mean = 0;
          const float *p = attn + i * T;
          for (int j = 0; j <= i; j++) mean += d[j] * p[j];
          for (int j = 0; j < seen; j++) d[j] = (d[j] - mean) * p[j] * scale;
        }
        product(dq + t * width + h * E, ds + t * T, key, n, E, seen, T, 1, kv, width);
      }
      for (int j = 0; j < T; j += QUERIES) { // the keys of a block are seen by the queries from there on
        int n = T - j < QUERIES ? T - j : QUERIES;
        product(dkey + j * kv, ds + j * T + j, query + j * width, n, E, T - j, 1, T, width, kv);
        product(dvalue + j * kv, attn + j * T + j, out + j * width, n, E, T - j, 1, T, width, kv);
      }
    }
    dq += T * width, q += T * width, dz += T * width;
    dk += T * kv, dv += T * kv, k += T * kv, v += T * kv;
  }
}

// act (n) = silu(gate) * up, silu(x) = x / (1 + e^-x)
EXPORT(swiglu)(float *act, const float *gate, const float *up, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    f4 g = *(const f4 *)(gate + i);
    *(f4 *)(act + i) = g / (1 + exp4(-g)) * *(const f4 *)(up + i);
  }
  for (; i < n; i++) act[i] = gate[i] / (1 + exp1(-gate[i])) * up[i];
}

// From dact (n): dgate and dup, written over gate and up
EXPORT(swiglu_back)(float *gate, float *up, const float *dact, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    f4 g = *(f4 *)(gate + i), u = *(f4 *)(up + i), d = *(const f4 *)(dact + i), s = 1 / (1 + exp4(-g));
    *(f4 *)(up + i) = d * g * s;
    *(f4 *)(gate + i) = d * u * s * (1 + g * (1 - s));
  }
  for (; i < n; i++) {
    float g = gate[i], s = 1 / (1 + exp1(-g)), d = dact[i];
    gate[i] = d * up[i] * s * (1 + g * (1 - s));
    up[i] = d * g * s;
  }
}

// For each row of logits (N, V) with its target: sums (N, 2) = the sum of e^(x - highest) and the target's x - highest, so
// that the loss is log(first) - second; logits become their derivatives, softmax minus the target, times scale.
EXPORT(cross_entropy)(float *sums, float *logits, const int *targets, int N, int V, float scale) {
  for (int row = 0; row < N; row++, logits += V, sums += 2) {
    float top = logits[0], total = 0;
    f4 fours = {0};
    int i = 0;
    for (; i < V; i++) top = logits[i] > top ? logits[i] : top;
    sums[1] = logits[targets[row]] - top;
    for (i = 0; i + 4 <= V; i += 4) fours += *(f4 *)(logits + i) = exp4(*(f4 *)(logits + i) - top);
    for (; i < V; i++) total += logits[i] = exp1(logits[i] - top);
    sums[0] = total += sum4(fours);
    for (i = 0; i < V; i++) logits[i] *= scale / total;
    logits[targets[row]] -= scale;
  }
}

// out[0] = sum of x (n) squared
EXPORT(squares)(float *out, const float *x, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i] * x[i];
  out[0] = sum;
}

// AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch has it. w, m, v (n) change; g is read times `scale`.
// fix1, fix2: 1 - beta^step of the two means.
EXPORT(adamw)(float *w, const float *g, float *m, float *v, int n, float rate, float beta1, float beta2, float eps, float decay,
              float fix1, float fix2, float scale) {
  float keep = 1 - rate * decay, step = rate / fix1, root = 1 / __builtin_sqrtf(fix2);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    f4 d = *(const f4 *)(g + i) * scale;
    f4 mean = *(f4 *)(m + i) = *(f4 *)(m + i) * beta1 + d * (1 - beta1);
    f4 power = *(f4 *)(v + i) = *(f4 *)(v + i) * beta2 + d * d * (1 - beta2);
    *(f4 *)(w + i) = *(f4 *)(w + i) * keep - mean * step / ((f4)wasm_f32x4_sqrt(power) * root + eps);
  }
  for (; i < n; i++) {
    float d = g[i] * scale;
    m[i] = m[i] * beta1 + d * (1 - beta1);
    v[i] = v[i] * beta2 + d * d * (1 - beta2);
    w[i] = w[i] * keep - m[i] * step / (__builtin_sqrtf(v[i]) * root + eps);
  }
}
