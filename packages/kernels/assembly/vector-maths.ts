// Arithmetic on four float32 numbers at once. Relative errors against float64: exp and expm1 below 2e-7, log below 1.5e-7.

/** `a·b + c`: rounded once in the build with relaxed SIMD where the processor can, twice in the other. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** `c − a·b`. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The smaller of x and a number; NaN stays NaN. */
@inline
export function atMost(x: v128, limit: f32): v128 {
  return f32x4.pmin(x, f32x4.splat(limit));
}

/** The larger of x and a number; NaN stays NaN. */
@inline
export function atLeast(x: v128, limit: f32): v128 {
  return f32x4.pmax(x, f32x4.splat(limit));
}

/** The integer nearest to x / log 2, as float32. */
@inline
function octaves(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
}

/** `x − n·log 2`, with log 2 in two parts, of which the first has so few bits that its product is exact. */
@inline
function remainder(x: v128, n: v128): v128 {
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  return f32x4.sub(high, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
}

/** `eʳ − 1` for |r| ≤ log 2 / 2: `r + r²·P(r)`, P a minimax polynomial. */
@inline
function series(r: v128): v128 {
  let p = madd(f32x4.splat(0.0013814466), r, f32x4.splat(0.00836878));
  p = madd(p, r, f32x4.splat(0.041668394));
  p = madd(p, r, f32x4.splat(0.1666652));
  p = madd(p, r, f32x4.splat(0.49999993));
  return madd(f32x4.mul(r, r), p, r);
}

/** 2ⁿ for −126 ≤ n ≤ 127, n integers as float32. */
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}

/** eˣ, for x limited to [−87, 88]. */
@inline
export function exp(x: v128): v128 {
  const y = atMost(atLeast(x, -87), 88);
  const n = octaves(y);
  return f32x4.mul(f32x4.add(series(remainder(y, n)), f32x4.splat(1)), powerOfTwo(n));
}

/** `eˣ − 1`, for x limited to [−87, 88], precise near 0 too. */
@inline
export function expm1(x: v128): v128 {
  const y = atMost(atLeast(x, -87), 88);
  const n = octaves(y);
  const scale = powerOfTwo(n);
  return madd(series(remainder(y, n)), scale, f32x4.sub(scale, f32x4.splat(1)));
}

/** 1 / (1 + e⁻ˣ). */
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(x))));
}

/** tanh x = (e²ˣ − 1) / (e²ˣ + 1), with `e²ˣ − 1` precise near 0. */
@inline
export function tanh(x: v128): v128 {
  const e = expm1(f32x4.mul(atMost(atLeast(x, -10), 10), f32x4.splat(2)));
  return f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
}

/** The derivative of tanh, 1 − tanh² x = g·(2 − g) with g = 1 − |tanh x| = 2 / (e^|2x| + 1): precise far out too. */
@inline
export function tanhSlope(x: v128): v128 {
  const two = f32x4.splat(2);
  const g = f32x4.div(two, f32x4.add(exp(f32x4.mul(f32x4.abs(x), two)), f32x4.splat(1)));
  return f32x4.mul(g, f32x4.sub(two, g));
}
