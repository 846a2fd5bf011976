import { firstHalves, fromLanes, highPairs, lastHalves, lowPairs, toLanes } from "./lanes";
import { loadPart, storePart } from "./part";
import {
  exp, expUpTo88, four, highPair, log1p, logOfPairs, lowPair, madd2, nmadd2, series, SHIFT, shiftedOctaves, softClip,
  softClipSlope, withoutOctaves,
} from "./vector-maths";

// The rational-quadratic spline (Durkan et al. 2019, arXiv:1906.04032) of four elements at a time. In a bin with the
// lower left corner (x₀, y₀), width w, height h, s = h/w, end slopes d₀ and d₁, θ = (x − x₀)/w, q = θ(1 − θ):
//
//     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
//     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²
//
// A bin can be a thousandth of the box: a knot rounded to float32 is then too little for θ, and steep slopes carry the
// rounding on. So knots and all that follows from them are float64, in two pairs of elements. Exponentials and
// logarithms, most of the work, are float32 of four elements.
//
// Outside the box, the tails are the identity, and the slopes at its ends are 1; or, `linear`, all slopes are free, and
// the map goes on with the slope d at the end ±b: y = ±b + d·(x ∓ b).

/** How bins and slopes follow from raw numbers r. */
@unmanaged
class Form {
  /** What each bin has, and what all share by their weights. */
  least: f64;
  free: f64;
  /** One over `free`. */
  overFree: f64;
  /** How much of `free` a raw number moves. */
  reach: f64;
  /** Slopes are `minSlope + softplus(r + slopeOffset)`. */
  minSlope: f64;
  slopeOffset: f64;
  /** Or, where this is not 0, `e^clip(r)`, with `clip(u) = u/(1 + |u|/slopeLimit)`. */
  slopeLimit: f32;
  /** Weights are the softmax of `softmaxScale·r`, clipped in the same way where this limit is not 0. */
  softmaxScale: f32;
  softmaxLimit: f32;
  /** The largest float32 number within the box. */
  edge: f32;
  /** 2ⁿ, from which on running sums are counted. */
  grid: f32;
}

/** The bins in which four elements lie, and the raw slopes z at both ends. */
@unmanaged
class Bins {
  input: v128;
  /** Four 32-bit integers. */
  bin: v128;
  z0: v128;
  z1: v128;
  /** e^−|z|; or the slope itself, where it is an exponential. */
  exp0: v128;
  exp1: v128;
}

/** The bin in which a pair of elements lies; each number is a pair of float64. */
@unmanaged
class Place {
  /** From the lower end of the bin to the input; once the bin is traversed, θ. */
  way: v128;
  /** The lower end of the bin on the side that is not searched; once the bin is traversed, one over its width. */
  start: v128;
  /** Once the bin is traversed, 1/D. */
  overD: v128;
  width: v128;
  height: v128;
  slope0: v128;
  slope1: v128;
  /** One over the sum of all weights, those of the widths and those of the heights. */
  shareP: v128;
  shareQ: v128;
  /** The weight of the bin, and of all below it. */
  hereP: v128;
  hereQ: v128;
  belowP: v128;
  belowQ: v128;
}

/** What comes of a pair on the way forward: y, and dy/dx also where x is computed from y. */
@unmanaged
class Result {
  value: v128;
  slope: v128;
}

/** The gradients of a pair by the lower left corner and the sides of its bin. */
@unmanaged
class BinGradients {
  dLeft: v128;
  dWidth: v128;
  dBottom: v128;
  dHeight: v128;
}

/** The gradients of four elements. */
@unmanaged
class Gradients {
  ofValue: v128;
  ofLogDet: v128;
  dInput: v128;
  dSlope0: v128;
  dSlope1: v128;
  /** These, times the weights, are the gradients of raw widths and heights. */
  dBelowP: v128;
  dHereP: v128;
  dAboveP: v128;
  dBelowQ: v128;
  dHereQ: v128;
  dAboveQ: v128;
}

// What is found out about four elements, which the forward pass may leave for the backward pass: bins, two places, and
// the weights of widths and heights in lanes.
const LOW: usize = offsetof<Bins>();
const HIGH: usize = LOW + offsetof<Place>();
const WEIGHTS: usize = HIGH + offsetof<Place>();

// The scratch: the results or the gradients of a block of elements, the form, running sums of weights, products with
// weights, and room for what is found out about the block unless it is saved.
const BIN_GRADIENTS: usize = offsetof<Gradients>() * 4;
const FORM: usize = BIN_GRADIENTS + offsetof<BinGradients>() * 8;
const SUMS: usize = FORM + 80;

/**
 * Elements that one step of the work deals with before the next step does. Engines keep constants in registers or on the
 * stack only over a loop that is entered without a condition, `do`: elsewhere each takes three instructions whenever it
 * is used.
 */
const BLOCK: i32 = 16;

/** Bytes of the running sums of four elements. */
@inline
function sumBytes(bins: i32): usize {
  return <usize>(bins + 1) << 6;
}

@inline
function productsIn(scratch: usize, bins: i32): usize {
  return scratch + SUMS + sumBytes(bins) * (BLOCK / 4);
}

/** Where weights become those of a block, the octaves of their exponents are in the meantime; products come later. */
@inline
function octavesIn(scratch: usize, bins: i32): usize {
  return productsIn(scratch, bins);
}

@inline
function foundIn(scratch: usize, bins: i32): usize {
  return octavesIn(scratch, bins) + (<usize>bins << 5) * (BLOCK / 4);
}

/** Bytes of what is found out about four elements. */
@inline
function foundBytes(bins: i32): usize {
  return WEIGHTS + (<usize>bins << 5);
}

/**
 * `y, log dy/dx` of `count` numbers x, or with `inverse` x of y; `3·bins − 1` parameters of each, with `linear` two more,
 * `apart` numbers from one element to the next. Scratch holds `960 + 128·bins` numbers. Unless `saved` is 0, it holds
 * `128 + 8·bins` for each four elements, and gets what {@link splineGradient} need not find out again.
 */
export function splineForward(
  x: usize, parameters: usize, y: usize, logDet: usize,
  count: i32, apart: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  softmaxScale: f32, softmaxLimit: f32, minBin: f64, slopeLimit: f32, slopeOffset: f64, minSlope: f64,
  scratch: usize, saved: usize,
): void {
  const stride = <usize>apart << 2;
  setForm(scratch, bins, bound, softmaxScale, softmaxLimit, minBin, slopeLimit, slopeOffset, minSlope);
  let found = saved == 0 ? foundIn(scratch, bins) : saved;
  const step = saved == 0 ? <usize>0 : foundBytes(bins) * (BLOCK / 4);
  for (let left = count; left > 0; left -= BLOCK) {
    const rows = min(left, BLOCK);
    locate(x, parameters, stride, rows, bins, bound, linear, inverse, found, scratch);
    finish(found, y, logDet, rows, bins, bound, linear, inverse, scratch);
    x += 4 * BLOCK;
    parameters += <usize>BLOCK * stride;
    y += 4 * BLOCK;
    logDet += 4 * BLOCK;
    found += step;
  }
}

/**
 * The gradients of x `[count]` and parameters, from those of the two outputs; those of parameters are `apart` as well.
 * Scratch and `saved` as in {@link splineForward}, of the same x and parameters.
 */
export function splineGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, apart: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  softmaxScale: f32, softmaxLimit: f32, minBin: f64, slopeLimit: f32, slopeOffset: f64, minSlope: f64,
  scratch: usize, saved: usize,
): void {
  const stride = <usize>apart << 2;
  setForm(scratch, bins, bound, softmaxScale, softmaxLimit, minBin, slopeLimit, slopeOffset, minSlope);
  let found = saved == 0 ? foundIn(scratch, bins) : saved;
  const step = saved == 0 ? <usize>0 : foundBytes(bins) * (BLOCK / 4);
  for (let left = count; left > 0; left -= BLOCK) {
    const rows = min(left, BLOCK);
    if (saved == 0) locate(x, parameters, stride, rows, bins, bound, linear, inverse, found, scratch);
    differentiate(found, dValue, dLogDet, dx, rows, bins, bound, linear, inverse, scratch);
    factors(found, rows, bins, scratch);
    passToBins(found, parameters, dParameters, stride, rows, bins, softmaxScale, softmaxLimit, scratch);
    passToSlopes(found, dParameters + (<usize>bins << 3), stride, rows, bins, slopeLimit, linear, scratch);
    x += 4 * BLOCK;
    parameters += <usize>BLOCK * stride;
    dValue += 4 * BLOCK;
    dLogDet += 4 * BLOCK;
    dx += 4 * BLOCK;
    dParameters += <usize>BLOCK * stride;
    found += step;
  }
}

/** `y, log dy/dx` of elements whose bins are traversed. */
function finish(
  found: usize, y: usize, logDet: usize, count: i32, bins: i32, bound: f64, linear: bool, inverse: bool, scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  let at = scratch;
  do {
    const low = changetype<Result>(at);
    const high = changetype<Result>(at + offsetof<Result>());
    const input = changetype<Bins>(found).input;
    const outside = outsideOf(input, edge);
    if (linear && v128.any_true(outside)) {
      followTail(changetype<Place>(found + LOW), low, lowPair(input), lowMask(outside), bound, inverse);
      followTail(changetype<Place>(found + HIGH), high, highPair(input), highMask(outside), bound, inverse);
    }
    let value = four(low.value, high.value);
    let logSlope = logOfPairs(low.slope, high.slope);
    if (!linear) {
      value = v128.bitselect(input, value, outside);
      logSlope = v128.andnot(logSlope, outside);
    }
    storePart(y, value, count);
    storePart(logDet, inverse ? f32x4.sub(f32x4.splat(0), logSlope) : logSlope, count);
    at += 2 * offsetof<Result>();
    found += foundBytes(bins);
    y += 16;
    logDet += 16;
    count -= 4;
  } while (count > 0);
}

/** How far along its bin each input is, and the value and the slope there. */
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

/** The value and the slope of those of a pair that lie on a linear tail. */
@inline
function followTail(pair: Place, result: Result, input: v128, outside: v128, bound: f64, inverse: bool): void {
  const slope = tailSlopeOf(pair, input);
  const end = endOf(input, bound);
  const beyond = f64x2.sub(input, end);
  const tail = f64x2.add(end, inverse ? f64x2.div(beyond, slope) : f64x2.mul(beyond, slope));
  result.value = v128.bitselect(tail, result.value, outside);
  result.slope = v128.bitselect(slope, result.slope, outside);
}

/** The gradients of inputs whose places are found, and the factors that make those of parameters. */
function differentiate(
  found: usize, dValue: usize, dLogDet: usize, dx: usize, count: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  let gradients = changetype<Gradients>(scratch);
  let ofBin = changetype<BinGradients>(scratch + BIN_GRADIENTS);
  do {
    gradients.ofValue = loadPart(dValue, count);
    gradients.ofLogDet = loadPart(dLogDet, count);
    let half: usize = 0;
    let pair = found + LOW;
    do {
      differentiatePair(
        changetype<Place>(pair), changetype<Gradients>(changetype<usize>(gradients) + half), ofBin,
        v128.load64_zero(found + half, offsetof<Bins>("input")), bound, linear, inverse,
      );
      half += 8;
      pair += offsetof<Place>();
      ofBin = changetype<BinGradients>(changetype<usize>(ofBin) + offsetof<BinGradients>());
    } while (half < 16);
    let dInput = gradients.dInput;
    if (!linear) dInput = v128.bitselect(gradients.ofValue, dInput, outsideOf(changetype<Bins>(found).input, edge));
    storePart(dx, dInput, count);
    found += foundBytes(bins);
    gradients = changetype<Gradients>(changetype<usize>(gradients) + offsetof<Gradients>());
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    count -= 4;
  } while (count > 0);
}

/** Stores a pair as float32. */
@inline
function storePair(at: usize, pair: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(pair), 0);
}

/**
 * The gradients of a pair, which take the place of half of four; those of the bin and of both slopes as if it had to do
 * with them. Identity tails are left out.
 */
@inline
function differentiatePair(
  pair: Place, gradients: Gradients, ofBin: BinGradients, inputs: v128, bound: f64, linear: bool, inverse: bool,
): void {
  const at = changetype<usize>(gradients);
  const ofValue = f64x2.promote_low_f32x4(v128.load64_zero(at, offsetof<Gradients>("ofValue")));
  const ofLogDet = f64x2.promote_low_f32x4(v128.load64_zero(at, offsetof<Gradients>("ofLogDet")));
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const width = pair.width;
  const height = pair.height;
  const slope0 = pair.slope0;
  const slope1 = pair.slope1;
  const theta = pair.way;
  const overWidth = pair.start;
  const overD = pair.overD;
  const s = f64x2.mul(height, overWidth);
  const curvature = curvatureOf(slope0, slope1, s);
  const rest = f64x2.sub(one, theta);
  const cross = f64x2.mul(theta, rest);
  const squared = f64x2.mul(theta, theta);
  const n = madd2(slope0, cross, f64x2.mul(s, squared));
  const d = madd2(curvature, cross, s);
  const m = slopeNumerator(slope0, slope1, s, cross, squared, rest);
  const overM = f64x2.div(one, m);
  const tilt = nmadd2(two, theta, one);
  const twice = nmadd2(two, cross, one);
  const h = f64x2.mul(f64x2.mul(height, overD), overD);
  // Partial derivatives of y and of log dy/dx by θ, s, d₀ and d₁, each alone.
  const yTheta = f64x2.mul(f64x2.mul(h, s), m);
  const rise = nmadd2(slope0, rest, madd2(slope1, theta, f64x2.mul(s, tilt)));
  const bend = f64x2.mul(f64x2.mul(curvature, tilt), overD);
  const lTheta = f64x2.mul(two, f64x2.sub(f64x2.mul(rise, overM), bend));
  const yS = f64x2.mul(h, nmadd2(n, twice, f64x2.mul(squared, d)));
  const lS = f64x2.mul(
    two, f64x2.add(f64x2.div(width, height), f64x2.sub(f64x2.mul(cross, overM), f64x2.mul(twice, overD))),
  );
  const crossOverD = f64x2.mul(f64x2.mul(two, cross), overD);
  const y0 = f64x2.mul(f64x2.mul(h, cross), f64x2.sub(d, n));
  const l0 = f64x2.sub(f64x2.mul(f64x2.mul(rest, rest), overM), crossOverD);
  const y1 = f64x2.neg(f64x2.mul(f64x2.mul(h, cross), n));
  const l1 = f64x2.sub(f64x2.mul(squared, overM), crossOverD);

  let dY: v128, dInput: v128, dLeft: v128, dWidth: v128, dLog: v128;
  if (inverse) {
    // θ is given implicitly by y(θ) = input.
    dLog = f64x2.neg(ofLogDet);
    dY = f64x2.neg(f64x2.div(madd2(ofValue, width, f64x2.mul(dLog, lTheta)), yTheta));
    dInput = f64x2.neg(dY);
    dLeft = ofValue;
    dWidth = f64x2.mul(ofValue, theta);
  } else {
    dLog = ofLogDet;
    dY = ofValue;
    dInput = f64x2.mul(madd2(ofValue, yTheta, f64x2.mul(dLog, lTheta)), overWidth);
    dLeft = f64x2.neg(dInput);
    dWidth = f64x2.mul(theta, dLeft);
  }
  const dS = f64x2.mul(madd2(dY, yS, f64x2.mul(dLog, lS)), overWidth);
  dWidth = nmadd2(dS, s, dWidth);
  const dHeight = madd2(f64x2.mul(dY, n), overD, dS);
  let dSlope0 = madd2(dY, y0, f64x2.mul(dLog, l0));
  let dSlope1 = madd2(dY, y1, f64x2.mul(dLog, l1));
  const input = f64x2.promote_low_f32x4(inputs);
  const outside = f64x2.gt(f64x2.abs(input), f64x2.splat(bound));
  if (linear && v128.any_true(outside)) {
    const slope = tailSlopeOf(pair, input);
    const overSlope = f64x2.div(one, slope);
    const beyond = f64x2.sub(input, endOf(input, bound));
    // At ±∞ no slope changes the value.
    const lever = v128.and(beyond, f64x2.lt(f64x2.abs(beyond), f64x2.splat(Infinity)));
    const dTail = f64x2.mul(ofValue, inverse ? overSlope : slope);
    dInput = v128.bitselect(dTail, dInput, outside);
    let dTailSlope = f64x2.mul(ofLogDet, overSlope);
    // In the inverse the value changes by −(y ∓ b)/d², and the log-slope is −log d.
    if (inverse) {
      dTailSlope = f64x2.neg(madd2(f64x2.mul(f64x2.mul(lever, overSlope), ofValue), overSlope, dTailSlope));
    } else {
      dTailSlope = madd2(lever, ofValue, dTailSlope);
    }
    dSlope0 = v128.bitselect(dTailSlope, dSlope0, outside);
    dSlope1 = v128.bitselect(dTailSlope, dSlope1, outside);
  }
  storePair(at + offsetof<Gradients>("dInput"), dInput);
  storePair(at + offsetof<Gradients>("dSlope0"), dSlope0);
  storePair(at + offsetof<Gradients>("dSlope1"), dSlope1);
  ofBin.dLeft = dLeft;
  ofBin.dWidth = dWidth;
  ofBin.dBottom = dY;
  ofBin.dHeight = dHeight;
}

/** The factors of weights that make the gradients of raw numbers, which reach all bins through the sum in the softmax. */
function factors(found: usize, count: i32, bins: i32, scratch: usize): void {
  const reach = f64x2.splat(formIn(scratch).reach);
  let gradients = scratch;
  let ofBin = scratch + BIN_GRADIENTS;
  do {
    let half: usize = 0;
    let pair = found + LOW;
    do {
      factorsOfPair(changetype<Place>(pair), changetype<BinGradients>(ofBin), gradients + half, reach);
      half += 8;
      pair += offsetof<Place>();
      ofBin += offsetof<BinGradients>();
    } while (half < 16);
    found += foundBytes(bins);
    gradients += offsetof<Gradients>();
    count -= 4;
  } while (count > 0);
}

@inline
function factorsOfPair(pair: Place, ofBin: BinGradients, at: usize, reach: v128): void {
  const dLeft = ofBin.dLeft;
  const dWidth = ofBin.dWidth;
  const meanP = f64x2.mul(madd2(dLeft, pair.belowP, f64x2.mul(dWidth, pair.hereP)), pair.shareP);
  const scaleP = f64x2.mul(pair.shareP, reach);
  storePair(at + offsetof<Gradients>("dBelowP"), f64x2.mul(f64x2.sub(dLeft, meanP), scaleP));
  storePair(at + offsetof<Gradients>("dHereP"), f64x2.mul(f64x2.sub(dWidth, meanP), scaleP));
  storePair(at + offsetof<Gradients>("dAboveP"), f64x2.neg(f64x2.mul(meanP, scaleP)));
  const dBottom = ofBin.dBottom;
  const dHeight = ofBin.dHeight;
  const meanQ = f64x2.mul(madd2(dBottom, pair.belowQ, f64x2.mul(dHeight, pair.hereQ)), pair.shareQ);
  const scaleQ = f64x2.mul(pair.shareQ, reach);
  storePair(at + offsetof<Gradients>("dBelowQ"), f64x2.mul(f64x2.sub(dBottom, meanQ), scaleQ));
  storePair(at + offsetof<Gradients>("dHereQ"), f64x2.mul(f64x2.sub(dHeight, meanQ), scaleQ));
  storePair(at + offsetof<Gradients>("dAboveQ"), f64x2.neg(f64x2.mul(meanQ, scaleQ)));
}

/** The gradients of raw slopes. */
function passToSlopes(
  found: usize, to: usize, stride: usize, count: i32, bins: i32, slopeLimit: f32, linear: bool, scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  const limit = f32x4.splat(slopeLimit);
  const zero = f32x4.splat(0);
  const one = i32x4.splat(1);
  const first = i32x4.splat(firstKnot(linear));
  const slopeCount = slopesOf(bins, linear);
  const last = i32x4.splat(slopeCount - 1);
  let gradients = changetype<Gradients>(scratch);
  do {
    const both = changetype<Bins>(found);
    let ofRaw0: v128, ofRaw1: v128;
    if (slopeLimit != 0) {
      ofRaw0 = f32x4.mul(both.exp0, softClipSlope(both.z0, limit));
      ofRaw1 = f32x4.mul(both.exp1, softClipSlope(both.z1, limit));
    } else {
      ofRaw0 = softplusSlope(both.z0, both.exp0);
      ofRaw1 = softplusSlope(both.z1, both.exp1);
    }
    const outside = outsideOf(both.input, edge);
    let without0 = outside;
    let without1 = outside;
    if (linear) {
      // A tail has the slope at its end, and nothing to do with the other one of that bin.
      const above = f32x4.gt(both.input, zero);
      without0 = v128.and(outside, above);
      without1 = v128.andnot(outside, above);
    }
    const dRaw0 = v128.andnot(f32x4.mul(gradients.dSlope0, ofRaw0), without0);
    const dRaw1 = v128.andnot(f32x4.mul(gradients.dSlope1, ofRaw1), without1);
    // Knot k lies between the bins k − 1 and k, and its parameter at k − first. Those at fixed ends have none: beside the
    // first one another is written after it, and beside the last one the one before it again.
    const below = i32x4.sub(both.bin, first);
    const place0 = i32x4.max_s(below, zero);
    const place1 = i32x4.min_s(i32x4.add(below, one), last);
    const ofPlace1 = v128.bitselect(dRaw0, dRaw1, i32x4.eq(place1, below));
    const to1 = to + (count > 1 ? stride : 0);
    const to2 = to1 + (count > 2 ? stride : 0);
    const to3 = to2 + (count > 3 ? stride : 0);
    fillZeros(to, to1, to2, to3, slopeCount);
    if (slopeCount > 0) {
      storeAt(to, i32x4.extract_lane(place0, 0), f32x4.extract_lane(dRaw0, 0));
      storeAt(to, i32x4.extract_lane(place1, 0), f32x4.extract_lane(ofPlace1, 0));
      if (count > 1) {
        storeAt(to1, i32x4.extract_lane(place0, 1), f32x4.extract_lane(dRaw0, 1));
        storeAt(to1, i32x4.extract_lane(place1, 1), f32x4.extract_lane(ofPlace1, 1));
      }
      if (count > 2) {
        storeAt(to2, i32x4.extract_lane(place0, 2), f32x4.extract_lane(dRaw0, 2));
        storeAt(to2, i32x4.extract_lane(place1, 2), f32x4.extract_lane(ofPlace1, 2));
      }
      if (count > 3) {
        storeAt(to3, i32x4.extract_lane(place0, 3), f32x4.extract_lane(dRaw0, 3));
        storeAt(to3, i32x4.extract_lane(place1, 3), f32x4.extract_lane(ofPlace1, 3));
      }
    }
    to += 4 * stride;
    found += foundBytes(bins);
    gradients = changetype<Gradients>(changetype<usize>(gradients) + offsetof<Gradients>());
    count -= 4;
  } while (count > 0);
}

/** Four rows of zeros. */
@inline
function fillZeros(to0: usize, to1: usize, to2: usize, to3: usize, count: i32): void {
  if (count < 4) {
    for (let k = 0; k < count; k++) {
      const at = <usize>k << 2;
      store<f32>(to0 + at, 0);
      store<f32>(to1 + at, 0);
      store<f32>(to2 + at, 0);
      store<f32>(to3 + at, 0);
    }
    return;
  }
  const zero = f32x4.splat(0);
  let k = 0;
  do {
    const at = <usize>min(k, count - 4) << 2;
    v128.store(to0 + at, zero);
    v128.store(to1 + at, zero);
    v128.store(to2 + at, zero);
    v128.store(to3 + at, zero);
    k += 4;
  } while (k < count);
}

@inline
function storeAt(row: usize, place: i32, v: f32): void {
  store<f32>(row + (<usize>place << 2), v);
}

/** NaN is not outside: it goes through the spline and stays NaN. */
@inline
function outsideOf(input: v128, edge: v128): v128 {
  return f32x4.gt(f32x4.abs(input), edge);
}

/** The mask of the first two of four elements, for float64. */
@inline
function lowMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 0, 0, 1, 1);
}

/** The mask of the last two of four elements, for float64. */
@inline
function highMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 2, 2, 3, 3);
}

/** The end of the box on the side of an input. */
@inline
function endOf(input: v128, bound: f64): v128 {
  return v128.bitselect(f64x2.splat(bound), f64x2.splat(-bound), f64x2.gt(input, f64x2.splat(0)));
}

/** The slope of the tail on the side of an input, which lies in the first or in the last bin. */
@inline
function tailSlopeOf(pair: Place, input: v128): v128 {
  return v128.bitselect(pair.slope1, pair.slope0, f64x2.gt(input, f64x2.splat(0)));
}

/** The first knot that has a slope of its own. */
@inline
function firstKnot(linear: bool): i32 {
  return linear ? 0 : 1;
}

/** Knots that have a slope of their own. */
@inline
function slopesOf(bins: i32, linear: bool): i32 {
  return linear ? bins + 1 : bins - 1;
}

@inline
function formIn(scratch: usize): Form {
  return changetype<Form>(scratch + FORM);
}

function setForm(
  scratch: usize, bins: i32, bound: f64,
  softmaxScale: f32, softmaxLimit: f32, minBin: f64, slopeLimit: f32, slopeOffset: f64, minSlope: f64,
): void {
  const form = formIn(scratch);
  const free = 2 * bound * (1 - minBin * <f64>bins);
  form.least = 2 * bound * minBin;
  form.free = free;
  form.overFree = 1 / free;
  form.reach = free * <f64>softmaxScale;
  form.minSlope = minSlope;
  form.slopeOffset = slopeOffset;
  form.slopeLimit = slopeLimit;
  form.softmaxScale = softmaxScale;
  form.softmaxLimit = softmaxLimit;
  const edge = <f32>bound;
  form.edge = <f64>edge > bound ? reinterpret<f32>(reinterpret<u32>(edge) - 1) : edge;
  // The power of two above the sum of all weights, of which each is at most √2.
  form.grid = <f32>(1 << (32 - clz(3 * bins >> 1)));
}

@inline
function curvatureOf(slope0: v128, slope1: v128, s: v128): v128 {
  return f64x2.sub(f64x2.add(slope0, slope1), f64x2.add(s, s));
}

@inline
function slopeNumerator(slope0: v128, slope1: v128, s: v128, cross: v128, squared: v128, rest: v128): v128 {
  const middle = madd2(f64x2.add(s, s), cross, f64x2.mul(slope1, squared));
  return madd2(f64x2.mul(slope0, rest), rest, middle);
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

/**
 * Finds out about at most `BLOCK` inputs: their bins, the slopes there, and all weights. Each step is done for all before
 * the next one begins, so that a processor has independent work while it waits for results.
 */
function locate(
  x: usize, parameters: usize, stride: usize, count: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  found: usize, scratch: usize,
): void {
  const sums = scratch + SUMS;
  const form = formIn(scratch);
  reduce(parameters, stride, found, count, bins, form, sums, octavesIn(scratch, bins));
  accumulate(found + WEIGHTS, octavesIn(scratch, bins), sums, count, bins, form.grid);
  search(x, found, sums, count, bins, form, bound, linear, inverse);
  settle(found, sums, count, bins, form, bound, inverse);
  if (slopesOf(bins, linear) > 0) gatherSlopes(parameters + (<usize>bins << 3), stride, found, count, bins, linear);
  if (form.slopeLimit != 0) exponentialSlopes(found, count, bins, form, linear);
  else softplusSlopes(found, count, bins, form, linear);
  traverse(found, count, bins, inverse, scratch);
}

/**
 * Takes apart the exponents of weights into octaves and what is left, which goes where the weights will be. `sums` gets
 * the octaves of the largest ones of widths and of heights, where the first sums of these will be.
 */
function reduce(
  parameters: usize, stride: usize, found: usize, count: i32, bins: i32, form: Form, sums: usize, octaves: usize,
): void {
  const factor = f32x4.splat(form.softmaxScale);
  const bound = f32x4.splat(form.softmaxLimit);
  const hasLimit = form.softmaxLimit != 0;
  const far = f32x4.splat(FAR * 1.44269504);
  const shift = f32x4.splat(SHIFT);
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
        let v0 = f32x4.mul(firstHalves(t0, t1), factor);
        let v1 = f32x4.mul(lastHalves(t0, t1), factor);
        let v2 = f32x4.mul(firstHalves(t2, t3), factor);
        let v3 = f32x4.mul(lastHalves(t2, t3), factor);
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

/** Beyond this, exponents are taken relative to the largest one. */
const FAR: f32 = 4096;

/** Octaves of an exponent, and what is left. Twice as far below, there is no weight left. */
@inline
function storeReduced(v: v128, rest: usize, octaves: usize): void {
  const exponent = f32x4.pmax(v, f32x4.splat(-2 * FAR));
  const shifted = shiftedOctaves(exponent);
  v128.store(octaves, shifted);
  v128.store(rest, withoutOctaves(exponent, shifted));
}

/**
 * The same of one side, for exponents of any size. Taking off octaves is exact for those up to some thousands, where taking
 * off the largest one would round. Of larger ones those that count differ so little from the largest that the difference is
 * exact. Returns the octaves of the largest.
 */
function reduceSide(
  from: usize, stride: usize, bins: i32, rows: i32, rests: usize, octaves: usize, factor: v128, bound: v128, hasLimit: bool,
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
  return shiftedOctaves(f32x4.sub(peak, base));
}

/** Fills in the raw slopes at both ends of the bins. At fixed ends there are none: ones beside them are not used. */
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
  const offset = f64x2.splat(form.slopeOffset);
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
    low.slope0 = unlessEnd(slopeOf(f64x2.add(lowPair(raw0), offset), lowPair(log0), least), lowMask(isFirst));
    high.slope0 = unlessEnd(slopeOf(f64x2.add(highPair(raw0), offset), highPair(log0), least), highMask(isFirst));
    low.slope1 = unlessEnd(slopeOf(f64x2.add(lowPair(raw1), offset), lowPair(log1), least), lowMask(isLast));
    high.slope1 = unlessEnd(slopeOf(f64x2.add(highPair(raw1), offset), highPair(log1), least), highMask(isLast));
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

/** Four numbers, each from its own place. */
@inline
function fromFour(at0: usize, at1: usize, at2: usize, at3: usize): v128 {
  const one = v128.load32_lane(at1, v128.load32_zero(at0), 1);
  return v128.load32_lane(at3, v128.load32_lane(at2, one, 2), 3);
}

/** The bin whose lower end has the slope 1; −1 for none. */
@inline
function firstFixed(linear: bool): i32 {
  return linear ? -1 : 0;
}

/** The bin whose upper end has the slope 1; −1 for none. */
@inline
function lastFixed(bins: i32, linear: bool): i32 {
  return linear ? -1 : bins - 1;
}

/** least + softplus(z), where `log1p` is log(1 + e^−|z|). */
@inline
function slopeOf(z: v128, log1p: v128, least: v128): v128 {
  return f64x2.add(f64x2.add(f64x2.pmax(z, f64x2.splat(0)), least), log1p);
}

/** A slope, which is 1 at fixed ends of the box. */
@inline
function unlessEnd(slope: v128, isEnd: v128): v128 {
  return v128.bitselect(f64x2.splat(1), slope, isEnd);
}

/** The derivative of softplus, 1/(1 + e^−z), from e^−|z|. */
@inline
function softplusSlope(z: v128, e: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(v128.bitselect(one, e, f32x4.ge(z, f32x4.splat(0))), f32x4.add(one, e));
}

@inline
function binOf(found: usize, row: i32): i32 {
  return load<i32>(found + (<usize>row << 2), offsetof<Bins>("bin"));
}

// Running sums of weights are float32 in two parts, which together are exact to far less than a rounding: a multiple of
// 2ⁿ⁻²³, of which no number from 2ⁿ to 2ⁿ⁺¹ is rounded, and what is left. So the first part begins at 2ⁿ.

/** The multiple of 2ⁿ⁻²³ next to a number below 2ⁿ⁻¹, for `grid` = 1.5·2ⁿ. */
@inline
function onGrid(x: v128, grid: v128): v128 {
  return f32x4.sub(f32x4.add(x, grid), grid);
}

/**
 * Replaces what is left of exponents by weights in proportion to their softmax. `sums` holds the octaves of the largest
 * ones, and gets the sums of the weights below each bin, and after the last the sums of all, each in two parts: of the
 * widths, and behind them of the heights.
 */
function accumulate(weights: usize, octaves: usize, sums: usize, count: i32, bins: i32, base: f32): void {
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

/** 2ⁿ where n octaves lie above 127 below the top, and 0 where none do. */
@inline
function powerAbove(octaves: v128, bottom: v128): v128 {
  return i32x4.shl(i32x4.max_s(i32x4.sub(octaves, bottom), i32x4.splat(0)), 23);
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
  const base = f64x2.splat(<f64>form.grid);
  const none = f32x4.splat(form.grid);
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

/** From the lower end of the box to the input, or to the end where it lies outside. */
@inline
function positionOf(input: v128, bound: f64): v128 {
  const box = f64x2.splat(bound);
  return f64x2.add(f64x2.pmin(f64x2.pmax(input, f64x2.neg(box)), box), box);
}

/** Fills in the places within the bins of inputs. */
function settle(found: usize, sums: usize, count: i32, bins: i32, form: Form, bound: f64, inverse: bool): void {
  const free = f64x2.splat(form.free);
  const least = f64x2.splat(form.least);
  const none = f32x4.splat(form.grid);
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
      changetype<Place>(found + HIGH), f64x2.mul(least, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(bin, bin, 2, 3, 2, 3))),
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

/** The gradients of raw widths and heights. */
function passToBins(
  found: usize, parameters: usize, dParameters: usize, stride: usize, count: i32, bins: i32, scale: f32, limit: f32,
  scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  const factor = f32x4.splat(scale);
  const bound = f32x4.splat(limit);
  const one = i32x4.splat(1);
  const side = <usize>bins << 2;
  let gradients = scratch;
  do {
    const both = changetype<Bins>(found);
    const bin = both.bin;
    const outside = outsideOf(both.input, edge);
    const without0 = v128.shuffle<i32>(outside, outside, 0, 0, 0, 0);
    const without1 = v128.shuffle<i32>(outside, outside, 1, 1, 1, 1);
    const without2 = v128.shuffle<i32>(outside, outside, 2, 2, 2, 2);
    const without3 = v128.shuffle<i32>(outside, outside, 3, 3, 3, 3);
    // Widths, then heights.
    let weights = found + WEIGHTS;
    let from = parameters;
    let to = dParameters;
    const end = weights + (side << 3);
    do {
      const above = v128.load(gradients, offsetof<Gradients>("dAboveP"));
      const below = v128.xor(v128.load(gradients, offsetof<Gradients>("dBelowP")), above);
      const here = v128.xor(v128.load(gradients, offsetof<Gradients>("dHereP")), above);
      if (bins < 4 || count < 4) {
        passToFew(
          weights, bins, bin, outside, below, here, above, from, to, stride, min(count, 4), factor, bound, limit,
          productsIn(scratch, bins),
        );
      } else {
        // The last block overlaps the one before, so that none is partial.
        let column = 0;
        do {
          const first = min(column, bins - 4);
          const at = weights + (<usize>first << 4);
          const place0 = i32x4.sub(bin, i32x4.splat(first));
          const place1 = i32x4.sub(place0, one);
          const place2 = i32x4.sub(place1, one);
          const place3 = i32x4.sub(place2, one);
          const v0 = productOf(v128.load(at), place0, below, here, above);
          const v1 = productOf(v128.load(at, 16), place1, below, here, above);
          const v2 = productOf(v128.load(at, 32), place2, below, here, above);
          const v3 = productOf(v128.load(at, 48), place3, below, here, above);
          const t0 = lowPairs(v0, v1);
          const t1 = lowPairs(v2, v3);
          const t2 = highPairs(v0, v1);
          const t3 = highPairs(v2, v3);
          let r0 = firstHalves(t0, t1);
          let r1 = lastHalves(t0, t1);
          let r2 = firstHalves(t2, t3);
          let r3 = lastHalves(t2, t3);
          const place = <usize>first << 2;
          if (limit != 0) {
            const raw = from + place;
            r0 = throughClip(r0, raw, factor, bound);
            r1 = throughClip(r1, raw + stride, factor, bound);
            r2 = throughClip(r2, raw + 2 * stride, factor, bound);
            r3 = throughClip(r3, raw + 3 * stride, factor, bound);
          }
          const out = to + place;
          v128.store(out, v128.andnot(r0, without0));
          v128.store(out + stride, v128.andnot(r1, without1));
          v128.store(out + 2 * stride, v128.andnot(r2, without2));
          v128.store(out + 3 * stride, v128.andnot(r3, without3));
          column += 4;
        } while (column < bins);
      }
      gradients += 48;
      weights += side << 2;
      from += side;
      to += side;
    } while (weights < end);
    gradients += offsetof<Gradients>() - 96;
    parameters += 4 * stride;
    dParameters += 4 * stride;
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** The same of one side, for few bins or few rows. */
function passToFew(
  weights: usize, bins: i32, bin: v128, outside: v128, below: v128, here: v128, above: v128,
  from: usize, to: usize, stride: usize, rows: i32, factor: v128, bound: v128, limit: f32, products: usize,
): void {
  const raw = products + (<usize>bins << 4);
  if (limit != 0) toLanes(from, stride, bins, rows, raw);
  for (let k = 0; k < bins; k++) {
    const at = <usize>k << 4;
    let v = productOf(v128.load(weights + at), i32x4.sub(bin, i32x4.splat(k)), below, here, above);
    if (limit != 0) v = throughClip(v, raw + at, factor, bound);
    v128.store(products + at, v128.andnot(v, outside));
  }
  fromLanes(products, bins, rows, to, stride);
}

/**
 * A weight times the factor for its place, from which it is so many bins to that of the input. The factors for those below
 * and here are given by the bits in which they differ from the one for those above.
 */
@inline
function productOf(weight: v128, place: v128, below: v128, here: v128, above: v128): v128 {
  const zero = i32x4.splat(0);
  const isBelow = i32x4.gt_s(place, zero);
  const isHere = i32x4.eq(place, zero);
  return f32x4.mul(weight, v128.xor(above, v128.xor(v128.and(below, isBelow), v128.and(here, isHere))));
}

/** Gradients of clipped numbers times the derivative of the clip at raw ones. */
@inline
function throughClip(v: v128, raw: usize, factor: v128, bound: v128): v128 {
  return f32x4.mul(v, softClipSlope(f32x4.mul(v128.load(raw), factor), bound));
}
