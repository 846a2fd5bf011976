// Arithmetic on four float32 numbers at once. Relative errors against float64: exp and expm1 below 2e-7, log below
// 1.5e-7. Where float32 is not enough, the four are two pairs of float64.

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

/** `a·b + c` of two float64. */
@inline
export function madd2(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** `c − a·b` of two float64. */
@inline
export function nmadd2(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(a, b, c);
  return f64x2.sub(c, f64x2.mul(a, b));
}

/** The first two of four numbers as float64. */
@inline
export function lowPair(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** The last two of four numbers as float64. */
@inline
export function highPair(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** Two pairs of float64 as four float32. */
@inline
export function four(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** |x| in one instruction: engines make three of `f32x4.abs`. */
@inline
export function magnitude(x: v128): v128 {
  return v128.andnot(x, i32x4.splat(0x80000000));
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

/** 1.5·2²³. The sum of this and a number below 2²² is rounded to an integer, which the last bits of the sum hold. */
const SHIFT: f32 = 12582912;

/** The integer n nearest to x / log 2, for |x| below some millions, as the sum of n and such a number. */
@inline
export function shiftedOctaves(x: v128, shift: f32 = SHIFT): v128 {
  return madd(x, f32x4.splat(1.44269504), f32x4.splat(shift));
}

/** Remainder of x after subtraction of these octaves. */
@inline
export function withoutOctaves(x: v128, shifted: v128, shift: f32 = SHIFT): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(shift));
  // log 2 in two parts, of which the first has so few bits that its product is exact.
  const high = nmadd(n, f32x4.splat(0.693359375), x);
  return nmadd(n, f32x4.splat(-2.12194440e-4), high);
}

/** 2ⁿ for −126 ≤ n ≤ 127. n is an integer, and only its last nine bits count. */
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** `eʳ − 1` for |r| ≤ log 2 / 2: `r + r²·P(r)`. P is a minimax polynomial, computed as short parallel chains. */
@inline
export function series(r: v128): v128 {
  const squared = f32x4.mul(r, r);
  const first = madd(f32x4.splat(0.1666652), r, f32x4.splat(0.49999993));
  const second = madd(f32x4.splat(0.00836878), r, f32x4.splat(0.041668394));
  const last = madd(f32x4.splat(0.0013814466), squared, second);
  return madd(madd(last, squared, first), squared, r);
}

/** eˣ, for x limited to [−87, 88]. */
@inline
export function exp(x: v128): v128 {
  return expUpTo88(atMost(x, 88));
}

/** The same for x that is not larger. */
@inline
export function expUpTo88(x: v128): v128 {
  const y = atLeast(x, -87);
  const shifted = shiftedOctaves(y);
  return f32x4.mul(f32x4.add(series(withoutOctaves(y, shifted)), f32x4.splat(1)), powerOfTwo(shifted));
}

/** `eˣ − 1`, for x limited to [−87, 88], precise near 0 too. */
@inline
export function expm1(x: v128): v128 {
  const y = atMost(atLeast(x, -87), 88);
  const shifted = shiftedOctaves(y);
  const scale = powerOfTwo(shifted);
  return madd(series(withoutOctaves(y, shifted)), scale, f32x4.sub(scale, f32x4.splat(1)));
}

/** log x for normal x > 0; NaN and ∞ give NaN. With x = 2ⁿ·m and m in [√½, √2) it is n·log 2 + log m. */
@inline
export function log(x: v128): v128 {
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  // 0·x is 0 for every number, and NaN for what has no logarithm here.
  return f32x4.add(logOfParts(f32x4.sub(m, f32x4.splat(1)), n), f32x4.mul(x, f32x4.splat(0)));
}

/** log x of four float64 in two pairs, as float32: precise near 1, and beyond the range of float32; NaN stays NaN. */
@inline
export function logOfPairs(low: v128, high: v128): v128 {
  // The upper halves hold the exponents. 2⁻ⁿ is exact, and so is m − 1.
  const bits = i32x4.sub(v128.shuffle<i32>(low, high, 1, 3, 5, 7), i32x4.splat(0x3fe6a09e));
  const n = i32x4.shr_s(bits, 20);
  const power = i32x4.shl(i32x4.sub(i32x4.splat(1023), n), 20);
  const zero = i32x4.splat(0);
  const one = f64x2.splat(1);
  const f = four(
    f64x2.sub(f64x2.mul(low, v128.shuffle<i32>(zero, power, 0, 4, 0, 5)), one),
    f64x2.sub(f64x2.mul(high, v128.shuffle<i32>(zero, power, 0, 6, 0, 7)), one),
  );
  return logOfParts(f, f32x4.convert_i32x4_s(n));
}

/**
 * `n·log 2 + log(1 + f)`. With s = f/(2 + f), log(1 + f) = f − s·(f − s²·R(s²)). The leading term is exact, so the
 * result is also precise near 0.
 */
@inline
function logOfParts(f: v128, n: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let r = madd(f32x4.splat(0.29885187), z, f32x4.splat(0.3997708));
  r = f32x4.mul(madd(r, z, f32x4.splat(0.6666678)), z);
  const low = nmadd(s, f32x4.sub(f, r), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  return f32x4.add(f32x4.mul(n, f32x4.splat(0.693359375)), f32x4.add(f, low));
}

/** log(1 + e) for 0 ≤ e ≤ 1, as in `logOfParts`; here s² reaches 1/9. */
@inline
export function log1p(e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  const first = madd(f32x4.splat(0.40021529), z, f32x4.splat(0.66666416));
  const second = madd(f32x4.splat(0.28012166), z, f32x4.splat(0.28001772));
  const r = madd(second, f32x4.mul(z, z), first);
  return nmadd(s, f32x4.sub(e, f32x4.mul(r, z)), e);
}

/** log(1 + eˣ). */
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(atLeast(x, 0), log1p(exp(f32x4.neg(f32x4.abs(x)))));
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

/** √(1 + x²), which is cosh(asinh x), where x² overflows too. */
@inline
export function hypotenuse(x: v128): v128 {
  const size = magnitude(x);
  const near = atMost(size, 1e10);
  return f32x4.max(f32x4.sqrt(madd(near, near, f32x4.splat(1))), size);
}

/** asinh x = log(|x| + √(1 + x²)) with the sign of x; the 1 is kept apart, so that it is precise near 0. */
export function asinh(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = magnitude(x);
  // log(1 + more), or far out log 2·|x|, whose argument may overflow.
  const more = f32x4.add(size, f32x4.mul(size, f32x4.div(size, f32x4.add(hypotenuse(x), one))));
  const isFar = f32x4.gt(size, f32x4.splat(1e10));
  const argument = v128.bitselect(size, f32x4.add(more, one), isFar);
  const bits = i32x4.sub(argument, i32x4.splat(0x3f3504f3));
  const n = i32x4.shr_s(bits, 23);
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  const f = v128.bitselect(more, f32x4.sub(m, one), i32x4.eq(n, i32x4.splat(0)));
  const result = logOfParts(f, f32x4.convert_i32x4_s(i32x4.sub(n, isFar)));
  // NaN and ∞ stay what they are.
  const value = v128.bitselect(result, size, f32x4.lt(size, f32x4.splat(Infinity)));
  return v128.or(value, v128.and(x, i32x4.splat(0x80000000)));
}

/**
 * sinh x. With e = e^|x/2| − 1 it is half of `e·(1 + 1/(1 + e))·(e + 1 + 1/(1 + e))`: precise near 0, and ∞ only on
 * overflow.
 */
export function sinh(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = expm1(f32x4.mul(magnitude(x), f32x4.splat(0.5)));
  const inverse = f32x4.div(one, f32x4.add(e, one));
  const half = f32x4.mul(f32x4.mul(e, f32x4.splat(0.5)), f32x4.add(one, inverse));
  const value = f32x4.mul(half, f32x4.add(f32x4.add(e, one), inverse));
  return v128.or(value, v128.and(x, i32x4.splat(0x80000000)));
}

/** log cosh x = |x| + log(1 + e^(−2|x|)) − log 2, which does not overflow. */
export function logCosh(x: v128): v128 {
  const size = magnitude(x);
  const rest = log1p(exp(f32x4.mul(size, f32x4.splat(-2))));
  return f32x4.add(size, f32x4.sub(rest, f32x4.splat(0.69314718)));
}

/** `x/(1 + |x|/limit)`: x near 0, and never beyond ±limit. */
@inline
export function softClip(x: v128, limit: v128): v128 {
  return f32x4.mul(x, softClipPart(x, limit));
}

/** Its derivative. */
@inline
export function softClipSlope(x: v128, limit: v128): v128 {
  const part = softClipPart(x, limit);
  return f32x4.mul(part, part);
}

@inline
function softClipPart(x: v128, limit: v128): v128 {
  return f32x4.div(limit, f32x4.add(limit, magnitude(x)));
}
