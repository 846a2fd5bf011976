import { firstHalves, highPairs, lastHalves, lowPairs, toLanes } from "./lanes";
import { Form, foundBytes, sumBytes, WEIGHTS } from "./spline-memory";
import { series, shiftedOctaves, softClip, withoutOctaves } from "./vector-maths";

// From the raw widths and heights of a spline to weights and their running sums.

/**
 * Splits the exponents of weights into octaves and remainders. The remainders are stored in the place of the weights.
 * `sums` receives the octaves of the largest exponents of widths and of heights, in the place of their first sums.
 */
export function reduce(
  parameters: usize, stride: usize, found: usize, count: i32, bins: i32, form: Form, sums: usize, octaves: usize,
): void {
  const factor = f32x4.splat(form.softmaxScale);
  const bound = f32x4.splat(form.softmaxLimit);
  const hasScale = form.softmaxScale != 1;
  const hasLimit = form.softmaxLimit != 0;
  const far = f32x4.splat(FAR * 1.44269504);
  const shift = f32x4.splat(SHIFTED);
  const columns = 2 * bins;
  const toQ = <usize>bins << 4;
  do {
    const weights = found + WEIGHTS;
    const from1 = parameters + (count > 1 ? stride : 0);
    const from2 = from1 + (count > 2 ? stride : 0);
    const from3 = from2 + (count > 3 ? stride : 0);
    if (columns >= 4) {
      // The last block overlaps the one before, so that none is partial.
      let column = 0;
      do {
        const first = min(column, columns - 4);
        const from = <usize>first << 2;
        const at = <usize>first << 4;
        const r0 = v128.load(parameters + from);
        const r1 = v128.load(from1 + from);
        const r2 = v128.load(from2 + from);
        const r3 = v128.load(from3 + from);
        const t0 = lowPairs(r0, r1);
        const t1 = lowPairs(r2, r3);
        const t2 = highPairs(r0, r1);
        const t3 = highPairs(r2, r3);
        let v0 = firstHalves(t0, t1);
        let v1 = lastHalves(t0, t1);
        let v2 = firstHalves(t2, t3);
        let v3 = lastHalves(t2, t3);
        if (hasScale) {
          v0 = f32x4.mul(v0, factor);
          v1 = f32x4.mul(v1, factor);
          v2 = f32x4.mul(v2, factor);
          v3 = f32x4.mul(v3, factor);
        }
        if (hasLimit) {
          v0 = softClip(v0, bound);
          v1 = softClip(v1, bound);
          v2 = softClip(v2, bound);
          v3 = softClip(v3, bound);
        }
        storeReduced(v0, weights + at, octaves + at);
        storeReduced(v1, weights + at + 16, octaves + at + 16);
        storeReduced(v2, weights + at + 32, octaves + at + 32);
        storeReduced(v3, weights + at + 48, octaves + at + 48);
        column += 4;
      } while (column < columns);
    }
    let topP = v128.load(octaves);
    let topQ = v128.load(octaves + toQ);
    let at = octaves + 16;
    for (const end = octaves + toQ; at < end; at += 16) {
      topP = f32x4.pmax(topP, v128.load(at));
      topQ = f32x4.pmax(topQ, v128.load(at + toQ));
    }
    const isFar = v128.or(
      f32x4.gt(f32x4.abs(f32x4.sub(topP, shift)), far), f32x4.gt(f32x4.abs(f32x4.sub(topQ, shift)), far),
    );
    if (columns < 4 || v128.any_true(isFar)) {
      const rows = min(count, 4);
      topP = reduceSide(parameters, stride, bins, rows, weights, octaves, factor, bound, hasLimit);
      topQ = reduceSide(
        parameters + (toQ >> 2), stride, bins, rows, weights + toQ, octaves + toQ, factor, bound, hasLimit,
      );
    }
    v128.store(sums, topP);
    v128.store(sums, topQ, 32);
    parameters += 4 * stride;
    found += foundBytes(bins);
    sums += sumBytes(bins);
    octaves += 2 * toQ;
    count -= 4;
  } while (count > 0);
}

/** 1.5·2²³ + 2¹⁵. Added to a number of octaves, it makes the last 16 bits always positive. */
const SHIFTED: f32 = 12615680;

/** Beyond this, exponents are taken relative to the largest one. */
const FAR: f32 = 4096;

/** Stores the octaves of an exponent and its remainder. At twice the distance below, the weight is zero. */
@inline
function storeReduced(v: v128, rest: usize, octaves: usize): void {
  const exponent = f32x4.pmax(v, f32x4.splat(-2 * FAR));
  const shifted = shiftedOctaves(exponent, SHIFTED);
  v128.store(octaves, shifted);
  v128.store(rest, withoutOctaves(exponent, shifted, SHIFTED));
}

/**
 * The same for one side, for exponents of any size. Subtraction of octaves is exact for exponents up to some thousands,
 * where subtraction of the largest exponent would round. Larger exponents that matter differ so little from the largest
 * one that the difference is exact. Returns the octaves of the largest exponent.
 */
function reduceSide(
  from: usize, stride: usize, bins: i32, rows: i32, rests: usize, octaves: usize, factor: v128, bound: v128,
  hasLimit: bool,
): v128 {
  const size = <usize>bins << 4;
  toLanes(from, stride, bins, rows, rests);
  let peak = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < size; at += 16) {
    let v = f32x4.mul(v128.load(rests + at), factor);
    if (hasLimit) v = softClip(v, bound);
    v128.store(rests + at, v);
    peak = f32x4.pmax(peak, v);
  }
  const base = v128.and(peak, f32x4.gt(f32x4.abs(peak), f32x4.splat(FAR)));
  for (let at: usize = 0; at < size; at += 16) {
    storeReduced(f32x4.sub(v128.load(rests + at), base), rests + at, octaves + at);
  }
  return shiftedOctaves(f32x4.sub(peak, base), SHIFTED);
}

// Running sums of weights are float32 in two parts, which together are exact to far less than a rounding: a multiple of
// 2ⁿ⁻²³, of which no number from 2ⁿ to 2ⁿ⁺¹ is rounded, and what is left. So the first part begins at 2ⁿ.

/**
 * Replaces the remainders of exponents by weights in proportion to their softmax. `sums` contains the octaves of the
 * largest exponents. It receives the sums of the weights below each bin, and after the last bin the total sum, each in
 * two parts: first the widths, then the heights.
 */
export function accumulate(weights: usize, octaves: usize, sums: usize, count: i32, bins: i32, base: f32): void {
  const toQ = <usize>bins << 4;
  const none = f32x4.splat(base);
  const bias = i32x4.splat(127);
  do {
    const topP = i32x4.sub(v128.load(sums), bias);
    const topQ = i32x4.sub(v128.load(sums, 32), bias);
    let sumP = none;
    let sumQ = none;
    let restP = f32x4.splat(0);
    let restQ = restP;
    let at = weights;
    const end = at + toQ;
    do {
      v128.store(sums, sumP);
      v128.store(sums, restP, 16);
      v128.store(sums, sumQ, 32);
      v128.store(sums, restQ, 48);
      // A weight is `power + part`: the sums keep what is lost when these are rounded to one number.
      const powerP = powerAbove(v128.load(octaves), topP);
      const powerQ = powerAbove(v128.load(octaves + toQ), topQ);
      const partP = f32x4.mul(series(v128.load(at)), powerP);
      const partQ = f32x4.mul(series(v128.load(at + toQ)), powerQ);
      const weightP = f32x4.add(powerP, partP);
      const weightQ = f32x4.add(powerQ, partQ);
      v128.store(at, weightP);
      v128.store(at + toQ, weightQ);
      const nextP = f32x4.add(sumP, weightP);
      const nextQ = f32x4.add(sumQ, weightQ);
      restP = f32x4.add(restP, f32x4.add(f32x4.sub(powerP, f32x4.sub(nextP, sumP)), partP));
      restQ = f32x4.add(restQ, f32x4.add(f32x4.sub(powerQ, f32x4.sub(nextQ, sumQ)), partQ));
      sumP = nextP;
      sumQ = nextQ;
      at += 16;
      octaves += 16;
      sums += 64;
    } while (at < end);
    v128.store(sums, sumP);
    v128.store(sums, restP, 16);
    v128.store(sums, sumQ, 32);
    v128.store(sums, restQ, 48);
    sums += 64;
    octaves += toQ;
    weights += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** 2ⁿ⁻¹²⁷ for n octaves above the bottom, and 0 for none. */
@inline
function powerAbove(octaves: v128, bottom: v128): v128 {
  return i32x4.shl(i16x8.sub_sat_u(octaves, bottom), 23);
}
