import { madd2, nmadd2 } from "./vector-maths";

// Functions of two float64 at a time, to a relative error of about 1e-11: for sums that are rounded to float32 at the end.

/** `a + b·x`. */
@inline
function line(a: f64, b: f64, x: v128): v128 {
  return madd2(f64x2.splat(b), x, f64x2.splat(a));
}

/** eˣ, for x limited to [−700, 700]; NaN stays NaN. */
@inline
export function expOfPair(x: v128): v128 {
  const y = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-700)), f64x2.splat(700));
  // The last bits of the sum with 1.5·2⁵² are the nearest integer.
  const shift = f64x2.splat(6755399441055744);
  const shifted = f64x2.add(f64x2.mul(y, f64x2.splat(1.4426950408889634)), shift);
  const n = f64x2.sub(shifted, shift);
  const high = nmadd2(n, f64x2.splat(0.6931471803691238), y);
  const r = nmadd2(n, f64x2.splat(1.9082149292705877e-10), high);
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const first = madd2(line(1 / 2.0, 1 / 6.0, r), r2, line(1, 1, r));
  const second = madd2(line(1 / 720.0, 1 / 5040.0, r), r2, line(1 / 24.0, 1 / 120.0, r));
  const third = madd2(f64x2.splat(1 / 3628800.0), r2, line(1 / 40320.0, 1 / 362880.0, r));
  const series = madd2(madd2(third, r4, second), r4, first);
  return f64x2.mul(series, i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52));
}

/** log x for normal x > 0; NaN and ∞ give NaN. With x = 2ⁿ·m and m in [√½, √2) it is n·log 2 + log m. */
export function logOfPair(x: v128): v128 {
  const half = i64x2.splat(0x3fe6a09e667f3bcd);
  const bits = i64x2.sub(x, half);
  // n as the last bits of a float64 of the size of 1.5·2⁵².
  const shift = f64x2.splat(6755399441055744);
  const n = f64x2.sub(i64x2.add(i64x2.shr_s(bits, 52), shift), shift);
  const m = i64x2.add(v128.and(bits, i64x2.splat(0xfffffffffffff)), half);
  const f = f64x2.sub(m, f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const first = madd2(line(2 / 7.0, 2 / 9.0, z), z2, line(2 / 3.0, 2 / 5.0, z));
  const second = madd2(f64x2.splat(2 / 15.0), z2, line(2 / 11.0, 2 / 13.0, z));
  const series = f64x2.mul(madd2(second, f64x2.mul(z2, z2), first), z);
  const logM = madd2(s, series, f64x2.add(s, s));
  // 0·x is 0 for every number, and NaN for what has no logarithm here.
  return madd2(n, f64x2.splat(0.6931471805599453), madd2(x, f64x2.splat(0), logM));
}

/** tanh x = 1 − 2/(e²ˣ + 1), with an absolute error. */
@inline
export function tanhOfPair(x: v128): v128 {
  const one = f64x2.splat(1);
  return f64x2.sub(one, f64x2.div(f64x2.splat(2), f64x2.add(expOfPair(f64x2.add(x, x)), one)));
}

/**
 * `(1 − Φ(x))/φ(x)` of a standard normal for x ≥ 0: `P(v)/(x + 4)` with `v = (x − 4)/(x + 4)`, P the polynomial of degree 15
 * through the Chebyshev nodes.
 */
@inline
export function millsRatioOfPair(x: v128): v128 {
  const four = f64x2.splat(4);
  const per = f64x2.div(f64x2.splat(1), f64x2.add(x, four));
  // (x − 4)/(x + 4), also where x is ∞.
  const v = nmadd2(f64x2.splat(8), per, f64x2.splat(1));
  const v2 = f64x2.mul(v, v);
  const v4 = f64x2.mul(v2, v2);
  const a = madd2(line(0.9704095555816841, -0.46754096394013994, v), v2, line(1.8932190633029249, -1.523770910812634, v));
  const b = madd2(
    line(-0.00872216930391778, 0.004087694679921842, v), v2, line(0.15139174706488887, -0.018900430966189548, v),
  );
  const c = madd2(
    line(-3.566591500202125e-6, 8.667671075631916e-5, v), v2, line(0.00033372243025378383, -0.0005786246041507278, v),
  );
  const d = madd2(
    line(-2.0056405249142538e-7, 1.3576330169337914e-6, v), v2, line(1.227069131876735e-7, -1.3073325239452437e-5, v),
  );
  return f64x2.mul(madd2(madd2(d, v4, c), f64x2.mul(v4, v4), madd2(b, v4, a)), per);
}
