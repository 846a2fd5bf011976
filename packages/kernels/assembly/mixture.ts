import { center, toGroups, whiten } from "./parts/mixture-groups";
import { storePart } from "./parts/part";
import { triangleBytes } from "./parts/triangle";
import { exp, log, madd } from "./parts/vector-maths";

// Mixtures of Gaussians with lower triangular whitening matrices: z = V·(x − mean) + shift of each row and component. Rows
// are the lanes of vectors, four in a group, so that sums over features and components stay in their lane. Of a group,
// the vectors of all features follow each other, filled up to whole tiles.


/**
 * `out = ln Σ exp(offset − |z|²/2)` over the components, x `[rows, n]`. With `given` features, which are the first
 * ones, it is the conditional density of the remaining features. With gates `g = softmax(gateOffset − |z given|²/2)` it
 * is `ln Σ g·exp(offset − |z others|²/2)`.
 *
 * `shares`, unless 0, receives the share of each component in each row: for each eight rows `[components, 8]` and, if
 * features are given, the gates `[components, 8]`. Pointers that may be 0: shift, gateOffsets, shares. The scratch has
 * 96 numbers per tile and, without `shares`, the shares of eight rows.
 */
export function mixtureForward(
  x: usize, mean: usize, shift: usize, weights: usize, offsets: usize, gateOffsets: usize, out: usize, shares: usize,
  rows: i32, components: i32, n: i32, given: i32, scratch: usize,
): void {
  const tiles = (n + 3) >> 2;
  const group = <usize>tiles << 6;
  const stride = <usize>n << 2;
  const u = scratch + 2 * group;
  const z = u + 2 * group;
  const ofGates = <usize>components << 5;
  const block: usize = given > 0 ? 2 * ofGates : ofGates;
  let share = shares == 0 ? z + 2 * group : shares;
  memory.fill(u, 0, 2 * group);
  for (let row = 0; row < rows; row += 8) {
    toGroups(x + <usize>row * stride, stride, n, rows - row, scratch, group);
    for (let k = 0; k < components; k++) {
      center(scratch, u, group, mean + <usize>k * stride, n);
      const ofShift = shift == 0 ? <usize>0 : shift + <usize>k * stride;
      whiten(u, z, group, weights + <usize>k * triangleBytes(tiles), ofShift, tiles, n);
      const to = share + (<usize>k << 5);
      storeTerm(z, given, n, offsets + (<usize>k << 2), to);
      storeTerm(z + group, given, n, offsets + (<usize>k << 2), to + 16);
      if (given == 0) continue;
      storeTerm(z, 0, given, gateOffsets + (<usize>k << 2), to + ofGates);
      storeTerm(z + group, 0, given, gateOffsets + (<usize>k << 2), to + ofGates + 16);
    }
    const to = out + (<usize>row << 2);
    finishRows(share, components, given > 0 ? ofGates : 0, to, rows - row, shares != 0);
    finishRows(share + 16, components, given > 0 ? ofGates : 0, to + 16, rows - row - 4, shares != 0);
    if (shares != 0) share += block;
  }
}

/** `offset − ½ Σ z²` of the features `from … to − 1` of a group. */
@inline
function storeTerm(z: usize, from: i32, to: i32, offset: usize, term: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let at = z + (<usize>from << 4);
  const end = z + (<usize>to << 4);
  for (; at + 32 <= end; at += 32) {
    const v = v128.load(at), w = v128.load(at, 16);
    a = madd(v, v, a);
    b = madd(w, w, b);
  }
  if (at < end) {
    const v = v128.load(at);
    a = madd(v, v, a);
  }
  v128.store(term, madd(f32x4.add(a, b), f32x4.splat(-0.5), v128.load_splat<f32>(offset)));
}

/**
 * The results of four rows from the terms of all components, which become shares; with gates, `gates` bytes further, from
 * the terms of these as well.
 */
function finishRows(terms: usize, components: i32, gates: usize, out: usize, rows: i32, isKept: bool): void {
  if (rows <= 0) return;
  const end = terms + (<usize>components << 5);
  if (gates != 0) {
    // Gates first: beside a context that is far from all components, differences of large squares would be lost.
    const base = baseOf(terms + gates, components);
    let sum = f32x4.splat(0);
    for (let at = terms + gates; at < end + gates; at += 32) {
      sum = f32x4.add(sum, expOrZero(f32x4.sub(v128.load(at), base)));
    }
    const size = logOrNothing(sum);
    for (let at = terms; at < end; at += 32) {
      const gate = f32x4.sub(f32x4.sub(v128.load(at + gates), base), size);
      v128.store(at, f32x4.add(v128.load(at), gate));
      v128.store(at + gates, expOrZero(gate));
    }
  }
  const base = baseOf(terms, components);
  let sum = f32x4.splat(0);
  let at = terms;
  // Tested at its end: engines then hoist the coefficients out of the loop.
  do {
    const share = expOrZero(f32x4.sub(v128.load(at), base));
    sum = f32x4.add(sum, share);
    v128.store(at, share);
    at += 32;
  } while (at < end);
  const isEmpty = f32x4.eq(sum, f32x4.splat(0));
  const result = f32x4.add(base, log(v128.bitselect(f32x4.splat(1), sum, isEmpty)));
  storePart(out, v128.bitselect(f32x4.splat(-Infinity), result, isEmpty), rows);
  if (!isKept) return;
  const scale = f32x4.div(f32x4.splat(1), v128.bitselect(f32x4.splat(1), sum, isEmpty));
  for (let at = terms; at < end; at += 32) {
    v128.store(at, f32x4.mul(v128.load(at), scale));
    // Where there is no density there is no gradient either.
    if (gates != 0) v128.store(at + gates, v128.andnot(v128.load(at + gates), isEmpty));
  }
}

/** The largest of the terms, or 0 where all are −∞. */
@inline
function baseOf(terms: usize, components: i32): v128 {
  let peak = v128.load(terms);
  const end = terms + (<usize>components << 5);
  // Unlike pmax, max gives NaN where one of its operands is.
  for (let at = terms + 32; at < end; at += 32) peak = f32x4.max(peak, v128.load(at));
  return v128.andnot(peak, f32x4.eq(peak, f32x4.splat(-Infinity)));
}

/** eˣ for x ≤ 0, 0 if it is too small for float32; NaN stays NaN. */
@inline
function expOrZero(x: v128): v128 {
  return v128.andnot(exp(x), f32x4.le(x, f32x4.splat(-87)));
}

/** log x, 0 where x is 0. */
@inline
function logOrNothing(x: v128): v128 {
  return log(v128.bitselect(f32x4.splat(1), x, f32x4.eq(x, f32x4.splat(0))));
}
