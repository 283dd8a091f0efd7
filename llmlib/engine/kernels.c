// The loops where the engine spends its time, for WebAssembly with 128-bit SIMD (four floats at once).
// Does: matrix product, causal attention (scores + softmax, then the mix of values), SwiGLU.
// Does not: allocate, know about layers or tokens, or link a C library. JavaScript owns the memory and passes
// addresses; model.js holds the same four loops in plain JavaScript. Rebuild: python -m builders.kernels
// Shapes: T new positions, S all positions so far (S - T are cached), H heads, G query heads per key head,
// D size of a head (4 or more).
#include <wasm_simd128.h>

#define NOINLINE __attribute__((noinline))
#define EXPORT(name) NOINLINE __attribute__((export_name(#name))) void name
#define UNROLL _Pragma("clang loop unroll(full)")  // keeps the sums of a block in registers
#define INLINE static inline __attribute__((always_inline))
typedef float f4 __attribute__((vector_size(16), aligned(4)));  // rows may start anywhere, not only at 16 bytes

INLINE float sum4(f4 a) { return (a[0] + a[1]) + (a[2] + a[3]); }

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

// e^x by 2^k * e^r with |r| <= ln(2)/2 and a polynomial of degree 6 (coefficients of Cephes expf, public domain).
static NOINLINE f4 exp4(f4 x) {
  x = wasm_f32x4_max(wasm_f32x4_min(x, wasm_f32x4_splat(88)), wasm_f32x4_splat(-87));
  f4 k = wasm_f32x4_nearest(x * 1.44269504f), r = x - k * 0.693359375f + k * 2.12194440e-4f;
  f4 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  return p * (f4)wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(k), wasm_i32x4_splat(127)), 23);
}

INLINE float exp1(float x) { return exp4((f4){x, x, x, x})[0]; }

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
