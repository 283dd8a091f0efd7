// The loops where the engine spends its time, for WebAssembly with 128-bit SIMD (four floats at once).
// Does: matrix product, causal attention (scores + softmax, then the mix of values), SwiGLU.
// Does not: allocate, know about layers or tokens, or link a C library. JavaScript owns the memory and passes
// addresses; model.js holds the same four loops in plain JavaScript. Rebuild: python -m builders.kernels
// Shapes: T new positions, S all positions so far (S - T are cached), H heads, G query heads per key head,
// D size of a head (4 or more).
#include "simd.h"

// NT rows of x times NO rows of w, four columns at a time. One load of each row serves NT * NO products.
INLINE void block(float *out, const float *x, const float *w, int n, int m, int stride, const int NT, const int NO) {
  f4 acc[NT][NO];
  UNROLL for (int t = 0; t < NT; t++) UNROLL for (int o = 0; o < NO; o++) acc[t][o] = (f4){0};
  for (int i = 0; i + 4 <= n; i += 4)
    UNROLL for (int t = 0; t < NT; t++)
      UNROLL for (int o = 0; o < NO; o++) acc[t][o] += *(const f4 *)(x + t * n + i) * *(const f4 *)(w + o * stride + i);
  UNROLL for (int t = 0; t < NT; t++) UNROLL for (int o = 0; o < NO; o++) out[t * m + o] = sum4(acc[t][o]);
}

// out (T, m) = x (T, n) @ w (m, n) transposed, the rows of w lying `stride` floats apart
EXPORT(matmul)(float *out, const float *x, const float *w, int T, int n, int m, int stride) {
  int o = 0;
  for (; o + 4 <= m; o += 4) {
    int t = 0;
    for (; t + 2 <= T; t += 2) block(out + t * m + o, x + t * n, w + o * stride, n, m, stride, 2, 4);
    if (t < T) block(out + t * m + o, x + t * n, w + o * stride, n, m, stride, 1, 4);
  }
  // The columns and rows left over when n and m are not multiples of four.
  for (int t = 0; t < T; t++)
    for (int c = n % 4 ? 0 : o; c < m; c++) {
      float s = c < o ? out[t * m + c] : 0;
      for (int i = c < o ? n & ~3 : 0; i < n; i++) s += x[t * n + i] * w[c * stride + i];
      out[t * m + c] = s;
    }
}

// attn (H, T, S) = softmax(q (T, H*D) @ k (S, H/G*D) transposed / sqrt(D)); the future is 0
EXPORT(attend)(float *attn, const float *q, const float *k, int T, int S, int H, int G, int D) {
  float scale = 1 / __builtin_sqrtf(D);
  int width = H / G * D;
  for (int h = 0; h < H; h++)
    for (int t = 0; t < T; t++, attn += S) {
      int seen = S - T + t + 1, j = 0;
      float top = -1e30f, total = 0;
      matmul(attn, q + (t * H + h) * D, k + h / G * D, 1, D, seen, width);
      for (; j < seen; j++) top = attn[j] > top ? attn[j] : top;
      for (j = 0; j < seen; j++) total += attn[j] = exp1((attn[j] - top) * scale);
      for (j = 0; j < S; j++) attn[j] = j < seen ? attn[j] / total : 0;
    }
}

// out (T, H*D) = attn (H, T, S) @ v (S, H/G*D)
EXPORT(mix)(float *out, const float *attn, const float *v, int T, int S, int H, int G, int D) {
  int width = H / G * D;
  for (int h = 0; h < H; h++)
    for (int t = 0; t < T; t++, attn += S) {
      float *y = out + (t * H + h) * D;
      const float *row = v + h / G * D;
      for (int d = 0; d < D; d += 4) {
        if (d > D - 4) d = D - 4;  // the last four may overlap the four before
        f4 acc = {0};
        for (int j = 0; j < S - T + t + 1; j++) acc += attn[j] * *(const f4 *)(row + j * width + d);
        *(f4 *)(y + d) = acc;
      }
    }
}

// gate (n) = silu(gate) * up, silu(x) = x / (1 + e^-x)
EXPORT(swiglu)(float *gate, const float *up, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    f4 g = *(f4 *)(gate + i);
    *(f4 *)(gate + i) = g / (1 + exp4(-g)) * *(const f4 *)(up + i);
  }
  for (; i < n; i++) gate[i] = gate[i] / (1 + exp1(-gate[i])) * up[i];
}
