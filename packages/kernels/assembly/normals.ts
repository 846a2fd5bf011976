// The normal draws of a key: its words and the quantile of algorithm AS 241 (Wichura 1988), two numbers at a time in
// float64. The order of all operations is that of the key in TypeScript, and nothing is fused, so that both give the same
// bits.
import { threefryBlocks } from "./parts/threefry";

/** Words in a pass. */
const CHUNK = 512;

// The scratch: normals of a pass, then the probabilities in the tails, then where they belong.
const TAILS: usize = CHUNK * 4;
const PLACES: usize = TAILS + CHUNK * 8 + 16;

/**
 * Writes `count` draws of the key (k0, k1), from draw `2·firstBlock` on. The scratch has 2,052 numbers.
 *
 * The quantile has a polynomial for the middle 85 % and a second one, of a logarithm, for the tails. All words are
 * mapped by the first. Words in the tails are collected, and mapped by the second together.
 */
export function normals(k0: i32, k1: i32, firstBlock: i32, out: usize, count: i32, scratch: usize): void {
  for (let done = 0; done < count; done += CHUNK) {
    const todo = min(CHUNK, count - done);
    let tails = 0;
    for (let word = 0; word < todo; word += 8) {
      const block = firstBlock + ((done + word) >> 1);
      const to = scratch + (<usize>word << 2);
      threefryBlocks(k0, k1, block, to);
      const low = v128.load(to);
      const high = v128.load(to, 16);
      tails = middle(low, to, word, scratch, tails);
      tails = middle(v128.shuffle<i32>(low, low, 2, 3, 2, 3), to + 8, word + 2, scratch, tails);
      tails = middle(high, to + 16, word + 4, scratch, tails);
      tails = middle(v128.shuffle<i32>(high, high, 2, 3, 2, 3), to + 24, word + 6, scratch, tails);
    }
    tailQuantiles(scratch, tails);
    memory.copy(out + (<usize>done << 2), scratch, <usize>todo << 2);
  }
}

/** Quantiles of two words, correct in the middle of the distribution. Records and counts words in the tails. */
@inline
function middle(words: v128, to: usize, word: i32, scratch: usize, tails: i32): i32 {
  const p = f64x2.mul(
    f64x2.add(f64x2.convert_low_i32x4_u(words), f64x2.splat(0.5)), f64x2.splat(2.3283064365386963e-10),
  );
  const q = f64x2.sub(p, f64x2.splat(0.5));
  const r = f64x2.sub(f64x2.splat(0.180625), f64x2.mul(q, q));
  let n = f64x2.splat(2.5090809287301226727e3);
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(3.3430575583588128105e4));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(6.7265770927008700853e4));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(4.5921953931549871457e4));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(1.3731693765509461125e4));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(1.9715909503065514427e3));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(1.3314166789178437745e2));
  n = f64x2.add(f64x2.mul(n, r), f64x2.splat(3.387132872796366608));
  let d = f64x2.splat(5.226495278852854561e3);
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(2.8729085735721942674e4));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(3.930789580009271061e4));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(2.1213794301586595867e4));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(5.3941960214247511077e3));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(6.871870074920579083e2));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(4.2313330701600911252e1));
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(1));
  v128.store64_lane(to, f32x4.demote_f64x2_zero(f64x2.div(f64x2.mul(q, n), d)), 0);
  const far = i64x2.bitmask(f64x2.gt(f64x2.abs(q), f64x2.splat(0.425)));
  // Always written, and kept when the count moves on: a branch would be guessed wrong too often.
  store<f64>(scratch + TAILS + (<usize>tails << 3), f64x2.extract_lane(p, 0));
  store<i32>(scratch + PLACES + (<usize>tails << 2), word);
  tails += far & 1;
  store<f64>(scratch + TAILS + (<usize>tails << 3), f64x2.extract_lane(p, 1));
  store<i32>(scratch + PLACES + (<usize>tails << 2), word + 1);
  return tails + (far >> 1);
}

/** The quantiles of the collected tails, put in their places. Words of 32 bits end before the third polynomial begins. */
function tailQuantiles(scratch: usize, count: i32): void {
  // The second of the last pair may not exist.
  store<f64>(scratch + TAILS + (<usize>count << 3), 0.01);
  const one = f64x2.splat(1);
  for (let i = 0; i < count; i += 2) {
    const p = v128.load(scratch + TAILS + (<usize>i << 3));
    const below = f64x2.lt(f64x2.sub(p, f64x2.splat(0.5)), f64x2.splat(0));
    const tail = v128.bitselect(p, f64x2.sub(one, p), below);
    const r = f64x2.sub(f64x2.sqrt(f64x2.neg(log(tail))), f64x2.splat(1.6));
    let n = f64x2.splat(7.7454501427834140764e-4);
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(2.27238449892691845833e-2));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(2.4178072517745061177e-1));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(1.27045825245236838258));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(3.64784832476320460504));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(5.7694972214606914055));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(4.6303378461565452959));
    n = f64x2.add(f64x2.mul(n, r), f64x2.splat(1.42343711074968357734));
    let d = f64x2.splat(1.05075007164441684324e-9);
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(5.475938084995344946e-4));
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(1.51986665636164571966e-2));
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(1.4810397642748007459e-1));
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(6.8976733498510000455e-1));
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(1.6763848301838038494));
    d = f64x2.add(f64x2.mul(d, r), f64x2.splat(2.05319162663775882187));
    d = f64x2.add(f64x2.mul(d, r), one);
    const z = f64x2.div(n, d);
    const result = f32x4.demote_f64x2_zero(v128.bitselect(f64x2.neg(z), z, below));
    const places = scratch + PLACES + (<usize>i << 2);
    v128.store32_lane(scratch + (<usize>load<i32>(places) << 2), result, 0);
    if (i + 1 < count) v128.store32_lane(scratch + (<usize>load<i32>(places, 4) << 2), result, 1);
  }
}

/** log x = e·log 2 + 2·artanh(s) with s = (m − 1)/(m + 1), for normal x. */
@inline
function log(x: v128): v128 {
  const one = f64x2.splat(1);
  const exponents = i64x2.shr_u(x, 52);
  const e = f64x2.sub(
    f64x2.convert_low_i32x4_s(v128.shuffle<i32>(exponents, exponents, 0, 2, 0, 2)), f64x2.splat(1023),
  );
  const mantissa = v128.or(
    v128.and(x, i64x2.splat(0xfffffffffffff)), i64x2.splat(0x3ff0000000000000),
  );
  const large = f64x2.gt(mantissa, f64x2.splat(1.4142135623730951));
  const m = v128.bitselect(f64x2.mul(mantissa, f64x2.splat(0.5)), mantissa, large);
  const exponent = v128.bitselect(f64x2.add(e, one), e, large);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const t = f64x2.mul(s, s);
  let series = f64x2.splat(1.0 / 23.0);
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 21.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 19.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 17.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 15.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 13.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 11.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 9.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 7.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 5.0));
  series = f64x2.add(f64x2.mul(series, t), f64x2.splat(1.0 / 3.0));
  series = f64x2.add(f64x2.mul(series, t), one);
  const logOfPower = f64x2.mul(exponent, f64x2.splat(0.6931471805599453));
  return f64x2.add(logOfPower, f64x2.mul(f64x2.mul(f64x2.splat(2), s), series));
}
