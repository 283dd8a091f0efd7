// What kernels.c and train.c share: four floats at once, unrolling, e^x. No C library.
#include <wasm_simd128.h>

#define NOINLINE __attribute__((noinline))
#define EXPORT(name) NOINLINE __attribute__((export_name(#name))) void name
#define UNROLL _Pragma("clang loop unroll(full)")  // keeps the sums of a block in registers
#define INLINE static inline __attribute__((always_inline))
typedef float f4 __attribute__((vector_size(16), aligned(4)));  // rows may start anywhere, not only at 16 bytes

INLINE float sum4(f4 a) { return (a[0] + a[1]) + (a[2] + a[3]); }

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
