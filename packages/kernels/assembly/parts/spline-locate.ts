import { loadPart } from "./part";
import {
  binOf, Bins, Form, formIn, foundBytes, HIGH, LOW, octavesIn, Place, Result, sumBytes, SUMS, WEIGHTS,
} from "./spline-memory";
import { curvatureOf, firstKnot, highMask, lowMask, slopeNumerator, slopesOf } from "./spline-place";
import { accumulate, reduce } from "./spline-weights";
import { exp, expUpTo88, four, highPair, log1p, lowPair, madd2, softClip } from "./vector-maths";

// Where in the spline its inputs lie.

/**
 * Finds out about at most `BLOCK` inputs: their bins, the slopes there, and all weights. Each step is done for all
 * before the next one begins, so that a processor has independent work while it waits for results.
 */
export function locate(
  x: usize, parameters: usize, stride: usize, count: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  found: usize, scratch: usize,
): void {
  const sums = scratch + SUMS;
  const form = formIn(scratch);
  reduce(parameters, stride, found, count, bins, form, sums, octavesIn(scratch, bins));
  accumulate(found + WEIGHTS, octavesIn(scratch, bins), sums, count, bins, form.base);
  search(x, found, sums, count, bins, form, bound, linear, inverse);
  settle(found, sums, count, bins, form, bound, inverse);
  if (slopesOf(bins, linear) > 0) gatherSlopes(parameters + (<usize>bins << 3), stride, found, count, bins, linear);
  if (form.slopeLimit != 0) exponentialSlopes(found, count, bins, form, linear);
  else softplusSlopes(found, count, bins, form, linear);
  traverse(found, count, bins, inverse, scratch);
}

/** Finds the bins of inputs, and the shares; `way` begins at the lower end of the box. */
function search(
  x: usize, found: usize, sums: usize, count: i32, bins: i32, form: Form, bound: f64, linear: bool, inverse: bool,
): void {
  const one = f64x2.splat(1);
  const zero = f32x4.splat(0);
  const overFree = f64x2.splat(form.overFree);
  const least = f64x2.splat(form.least);
  const edge = f32x4.splat(form.edge);
  const base = f64x2.splat(<f64>form.base);
  const none = f32x4.splat(form.base);
  const grid = f32x4.mul(none, f32x4.splat(1.5));
  const side: usize = inverse ? 32 : 0;
  do {
    const both = changetype<Bins>(found);
    const low = changetype<Place>(found + LOW);
    const high = changetype<Place>(found + HIGH);
    const input = loadPart(x, count);
    const total = sums + (<usize>bins << 6);
    const lowP = lowSum(total, base);
    const highP = highSum(total, base);
    const lowQ = lowSum(total + 32, base);
    const highQ = highSum(total + 32, base);
    low.shareP = f64x2.div(one, lowP);
    high.shareP = f64x2.div(one, highP);
    low.shareQ = f64x2.div(one, lowQ);
    high.shareQ = f64x2.div(one, highQ);
    const lowPosition = positionOf(lowPair(input), bound);
    const highPosition = positionOf(highPair(input), bound);
    low.way = lowPosition;
    high.way = highPosition;
    // Knot k is at k·least + free·sum/total: the input has passed it when the sum is at most
    // total·(position − k·least)/free.
    const lowUnits = f64x2.mul(inverse ? lowQ : lowP, overFree);
    const highUnits = f64x2.mul(inverse ? highQ : highP, overFree);
    const lowWay = f64x2.mul(lowPosition, lowUnits);
    const highWay = f64x2.mul(highPosition, highUnits);
    const lowStep = f64x2.mul(least, lowUnits);
    const highStep = f64x2.mul(least, highUnits);
    let way = onGrid(four(lowWay, highWay), grid);
    let rest = four(f64x2.sub(lowWay, lowPair(way)), f64x2.sub(highWay, highPair(way)));
    const step = onGrid(four(lowStep, highStep), grid);
    const restStep = four(f64x2.sub(lowStep, lowPair(step)), f64x2.sub(highStep, highPair(step)));
    way = f32x4.add(way, none);
    let bin = i32x4.splat(0);
    let at = sums + 64 + side;
    const end = total + side;
    if (at < end) {
      do {
        way = f32x4.sub(way, step);
        rest = f32x4.sub(rest, restStep);
        const beyond = f32x4.add(f32x4.sub(v128.load(at), way), f32x4.sub(v128.load(at, 16), rest));
        bin = i32x4.sub(bin, f32x4.le(beyond, zero));
        at += 64;
      } while (at < end);
    }
    // The upper tail is that of the last bin, also where weights are NaN and nothing is found.
    if (linear) bin = v128.bitselect(i32x4.splat(bins - 1), bin, f32x4.gt(input, edge));
    both.input = input;
    both.bin = bin;
    x += 16;
    sums += sumBytes(bins);
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** The multiple of 2ⁿ⁻²³ next to a number below 2ⁿ⁻¹, for `grid` = 1.5·2ⁿ. */
@inline
function onGrid(x: v128, grid: v128): v128 {
  return f32x4.sub(f32x4.add(x, grid), grid);
}

/** A sum of the first two of four elements. */
@inline
function lowSum(at: usize, base: v128): v128 {
  return f64x2.add(f64x2.sub(lowPair(v128.load(at)), base), lowPair(v128.load(at, 16)));
}

/** A sum of the last two of four elements. */
@inline
function highSum(at: usize, base: v128): v128 {
  return f64x2.add(f64x2.sub(highPair(v128.load(at)), base), highPair(v128.load(at, 16)));
}

/** Distance from the lower bound of the box to the input, clipped to the box. */
@inline
function positionOf(input: v128, bound: f64): v128 {
  const box = f64x2.splat(bound);
  return f64x2.add(f64x2.pmin(f64x2.pmax(input, f64x2.neg(box)), box), box);
}

/** Fills in the places within the bins of inputs. */
function settle(found: usize, sums: usize, count: i32, bins: i32, form: Form, bound: f64, inverse: bool): void {
  const free = f64x2.splat(form.free);
  const least = f64x2.splat(form.least);
  const none = f32x4.splat(form.base);
  do {
    const both = changetype<Bins>(found);
    const bin = both.bin;
    const at0 = sums + (<usize>binOf(found, 0) << 6);
    const at1 = sums + (<usize>binOf(found, 1) << 6) + 4;
    const at2 = sums + (<usize>binOf(found, 2) << 6) + 8;
    const at3 = sums + (<usize>binOf(found, 3) << 6) + 12;
    const nextP = fromFour(at0 + 64, at1 + 64, at2 + 64, at3 + 64);
    const nextQ = fromFour(at0 + 96, at1 + 96, at2 + 96, at3 + 96);
    const startP = fromFour(at0, at1, at2, at3);
    const restP = fromFour(at0 + 16, at1 + 16, at2 + 16, at3 + 16);
    const startQ = fromFour(at0 + 32, at1 + 32, at2 + 32, at3 + 32);
    const restQ = fromFour(at0 + 48, at1 + 48, at2 + 48, at3 + 48);
    const belowP = f32x4.sub(startP, none);
    const belowQ = f32x4.sub(startQ, none);
    const hereP = f32x4.sub(nextP, startP);
    const hereRestP = f32x4.sub(fromFour(at0 + 80, at1 + 80, at2 + 80, at3 + 80), restP);
    const hereQ = f32x4.sub(nextQ, startQ);
    const hereRestQ = f32x4.sub(fromFour(at0 + 112, at1 + 112, at2 + 112, at3 + 112), restQ);
    settlePair(
      changetype<Place>(found + LOW), f64x2.mul(least, f64x2.convert_low_i32x4_s(bin)),
      f64x2.add(lowPair(hereP), lowPair(hereRestP)), f64x2.add(lowPair(hereQ), lowPair(hereRestQ)),
      f64x2.add(lowPair(belowP), lowPair(restP)), f64x2.add(lowPair(belowQ), lowPair(restQ)),
      free, least, bound, inverse,
    );
    settlePair(
      changetype<Place>(found + HIGH),
      f64x2.mul(least, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(bin, bin, 2, 3, 2, 3))),
      f64x2.add(highPair(hereP), highPair(hereRestP)), f64x2.add(highPair(hereQ), highPair(hereRestQ)),
      f64x2.add(highPair(belowP), highPair(restP)), f64x2.add(highPair(belowQ), highPair(restQ)),
      free, least, bound, inverse,
    );
    sums += sumBytes(bins);
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

@inline
function settlePair(
  pair: Place, leastBelow: v128, hereP: v128, hereQ: v128, belowP: v128, belowQ: v128,
  free: v128, least: v128, bound: f64, inverse: bool,
): void {
  const freeP = f64x2.mul(free, pair.shareP);
  const freeQ = f64x2.mul(free, pair.shareQ);
  const left = madd2(belowP, freeP, leastBelow);
  const bottom = madd2(belowQ, freeQ, leastBelow);
  pair.way = f64x2.sub(pair.way, inverse ? bottom : left);
  pair.start = f64x2.sub(inverse ? left : bottom, f64x2.splat(bound));
  pair.width = madd2(hereP, freeP, least);
  pair.height = madd2(hereQ, freeQ, least);
  pair.hereP = hereP;
  pair.hereQ = hereQ;
  pair.belowP = belowP;
  pair.belowQ = belowQ;
}

/** Four numbers, each from its own place. */
@inline
function fromFour(at0: usize, at1: usize, at2: usize, at3: usize): v128 {
  const one = v128.load32_lane(at1, v128.load32_zero(at0), 1);
  return v128.load32_lane(at3, v128.load32_lane(at2, one, 2), 3);
}

/**
 * Fills in the raw slopes at both knots of the bins. Fixed bounds of the box have no raw slope; a neighboring raw slope
 * is loaded there and not used.
 */
function gatherSlopes(parameters: usize, stride: usize, found: usize, count: i32, bins: i32, linear: bool): void {
  const lastSlope = slopesOf(bins, linear) - 1;
  const first = firstKnot(linear);
  const next = 1 - first;
  do {
    const row1 = parameters + (count > 1 ? stride : 0);
    const row2 = parameters + (count > 2 ? 2 * stride : 0);
    const row3 = parameters + (count > 3 ? 3 * stride : 0);
    const bin0 = binOf(found, 0);
    const bin1 = binOf(found, 1);
    const bin2 = binOf(found, 2);
    const bin3 = binOf(found, 3);
    const both = changetype<Bins>(found);
    both.z0 = fromFour(
      parameters + (<usize>max(bin0 - first, 0) << 2), row1 + (<usize>max(bin1 - first, 0) << 2),
      row2 + (<usize>max(bin2 - first, 0) << 2), row3 + (<usize>max(bin3 - first, 0) << 2),
    );
    both.z1 = fromFour(
      parameters + (<usize>min(bin0 + next, lastSlope) << 2), row1 + (<usize>min(bin1 + next, lastSlope) << 2),
      row2 + (<usize>min(bin2 + next, lastSlope) << 2), row3 + (<usize>min(bin3 + next, lastSlope) << 2),
    );
    parameters += 4 * stride;
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** Slopes `minSlope + softplus(r + slopeOffset)` of raw slopes r. */
function softplusSlopes(found: usize, count: i32, bins: i32, form: Form, linear: bool): void {
  const firstEnd = i32x4.splat(firstFixed(linear));
  const lastEnd = i32x4.splat(lastFixed(bins, linear));
  const offset = f64x2.splat(form.slopeOffset + form.minSlope);
  const rounded = f32x4.splat(<f32>form.slopeOffset);
  const sign = i32x4.splat(0x80000000);
  const least = f64x2.splat(form.minSlope);
  do {
    const both = changetype<Bins>(found);
    const low = changetype<Place>(found + LOW);
    const high = changetype<Place>(found + HIGH);
    const raw0 = both.z0;
    const raw1 = both.z1;
    const z0 = f32x4.add(raw0, rounded);
    const z1 = f32x4.add(raw1, rounded);
    const exp0 = expUpTo88(v128.or(z0, sign));
    const exp1 = expUpTo88(v128.or(z1, sign));
    both.z0 = z0;
    both.z1 = z1;
    both.exp0 = exp0;
    both.exp1 = exp1;
    const log0 = log1p(exp0);
    const log1 = log1p(exp1);
    const bin = both.bin;
    const isFirst = i32x4.eq(bin, firstEnd);
    const isLast = i32x4.eq(bin, lastEnd);
    low.slope0 = unlessEnd(slopeOf(lowPair(raw0), lowPair(log0), offset, least), lowMask(isFirst));
    high.slope0 = unlessEnd(slopeOf(highPair(raw0), highPair(log0), offset, least), highMask(isFirst));
    low.slope1 = unlessEnd(slopeOf(lowPair(raw1), lowPair(log1), offset, least), lowMask(isLast));
    high.slope1 = unlessEnd(slopeOf(highPair(raw1), highPair(log1), offset, least), highMask(isLast));
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** Slopes `e^clip(r)`. */
function exponentialSlopes(found: usize, count: i32, bins: i32, form: Form, linear: bool): void {
  const firstEnd = i32x4.splat(firstFixed(linear));
  const lastEnd = i32x4.splat(lastFixed(bins, linear));
  const limit = f32x4.splat(form.slopeLimit);
  do {
    const both = changetype<Bins>(found);
    const low = changetype<Place>(found + LOW);
    const high = changetype<Place>(found + HIGH);
    const slope0 = exp(softClip(both.z0, limit));
    const slope1 = exp(softClip(both.z1, limit));
    both.exp0 = slope0;
    both.exp1 = slope1;
    const bin = both.bin;
    const isFirst = i32x4.eq(bin, firstEnd);
    const isLast = i32x4.eq(bin, lastEnd);
    low.slope0 = unlessEnd(lowPair(slope0), lowMask(isFirst));
    high.slope0 = unlessEnd(highPair(slope0), highMask(isFirst));
    low.slope1 = unlessEnd(lowPair(slope1), lowMask(isLast));
    high.slope1 = unlessEnd(highPair(slope1), highMask(isLast));
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** The bin with slope 1 at its lower knot; −1 for none. */
@inline
function firstFixed(linear: bool): i32 {
  return linear ? -1 : 0;
}

/** The bin with slope 1 at its upper knot; −1 for none. */
@inline
function lastFixed(bins: i32, linear: bool): i32 {
  return linear ? -1 : bins - 1;
}

/** least + softplus(z), with z = raw + offset − least, where `log1p` is log(1 + e^−|z|). */
@inline
function slopeOf(raw: v128, log1p: v128, offset: v128, least: v128): v128 {
  return f64x2.add(f64x2.pmax(f64x2.add(raw, offset), least), log1p);
}

/** A slope, or 1 at the fixed bounds of the box. */
@inline
function unlessEnd(slope: v128, isEnd: v128): v128 {
  return v128.bitselect(f64x2.splat(1), slope, isEnd);
}

/** Computes the position of each input in its bin, and the value and the slope at this position. */
function traverse(found: usize, count: i32, bins: i32, inverse: bool, results: usize): void {
  do {
    let at = found + LOW;
    const end = found + WEIGHTS;
    do {
      traversePair(changetype<Place>(at), changetype<Result>(results), inverse);
      at += offsetof<Place>();
      results += offsetof<Result>();
    } while (at < end);
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

@inline
function traversePair(pair: Place, result: Result, inverse: bool): void {
  const one = f64x2.splat(1);
  const width = pair.width;
  const height = pair.height;
  const slope0 = pair.slope0;
  const slope1 = pair.slope1;
  const overWidth = f64x2.div(one, width);
  const s = f64x2.mul(height, overWidth);
  const theta = thetaOf(pair, s, overWidth, inverse);
  const rest = f64x2.sub(one, theta);
  const cross = f64x2.mul(theta, rest);
  const squared = f64x2.mul(theta, theta);
  const overD = f64x2.div(one, madd2(curvatureOf(slope0, slope1, s), cross, s));
  const ratio = f64x2.mul(s, overD);
  const way = inverse
    ? f64x2.mul(width, theta)
    : f64x2.mul(f64x2.mul(height, overD), madd2(slope0, cross, f64x2.mul(s, squared)));
  result.value = f64x2.add(pair.start, way);
  result.slope = f64x2.mul(f64x2.mul(ratio, ratio), slopeNumerator(slope0, slope1, s, cross, squared, rest));
  pair.way = theta;
  pair.start = overWidth;
  pair.overD = overD;
}

@inline
function thetaOf(pair: Place, s: v128, overWidth: v128, inverse: bool): v128 {
  const way = pair.way;
  const height = pair.height;
  let theta: v128;
  if (inverse) {
    const slope0 = pair.slope0;
    const bend = f64x2.mul(way, curvatureOf(slope0, pair.slope1, s));
    const a = madd2(height, f64x2.sub(s, slope0), bend);
    const b = f64x2.sub(f64x2.mul(height, slope0), bend);
    const c = f64x2.mul(s, way);
    const discriminant = f64x2.pmax(madd2(f64x2.mul(f64x2.splat(4), a), c, f64x2.mul(b, b)), f64x2.splat(0));
    const root = f64x2.sqrt(discriminant);
    // Of the two forms of the same root the one that does not subtract: the first stays finite when a is 0, the second
    // is for b < 0, when a is not 0.
    const direct = f64x2.ge(b, f64x2.splat(0));
    theta = f64x2.div(
      v128.bitselect(f64x2.add(c, c), f64x2.sub(root, b), direct),
      v128.bitselect(f64x2.add(b, root), f64x2.add(a, a), direct),
    );
  } else {
    theta = f64x2.mul(way, overWidth);
  }
  return f64x2.pmin(f64x2.pmax(theta, f64x2.splat(0)), f64x2.splat(1));
}
