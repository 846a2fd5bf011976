import { fromLanes, toLanes } from "./lanes";
import { loadPart, storePart } from "./part";
import {
  exp, four, highPair, log1p, logOfPairs, lowPair, madd2, nmadd2, powerOfTwo, series, shiftedOctaves, softClip,
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
}

/** The bin in which a pair of elements lies; each number is a pair of float64. */
@unmanaged
class Place {
  input: v128;
  /** Two 64-bit integers. */
  bin: v128;
  /** From the lower end of the bin to the input. */
  way: v128;
  /** The lower end of the bin on the side that is not searched. */
  start: v128;
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

/** What comes of a place. */
@unmanaged
class Result {
  /** Of the forward pass: y, and dy/dx also where x is computed from y. */
  value: v128;
  slope: v128;
  /** Of the backward pass; the last six, times the weights, are the gradients of raw widths and heights. */
  dInput: v128;
  dSlope0: v128;
  dSlope1: v128;
  dBelowP: v128;
  dHereP: v128;
  dAboveP: v128;
  dBelowQ: v128;
  dHereQ: v128;
  dAboveQ: v128;
}

/** The raw slopes z at both ends of the bins of four elements. */
@unmanaged
class Slopes {
  z0: v128;
  z1: v128;
  /** e^−|z|; or the slope itself, where it is an exponential. */
  exp0: v128;
  exp1: v128;
}

/** Gradients of the raw slopes at both ends. */
@unmanaged
class SlopeGradients {
  dRaw0: v128;
  dRaw1: v128;
}

// What is found out about four elements, which the forward pass may leave for the backward pass: slopes, two places, and
// the weights of widths and heights in lanes.
const LOW: usize = offsetof<Slopes>();
const HIGH: usize = LOW + offsetof<Place>();
const WEIGHTS: usize = HIGH + offsetof<Place>();

// The scratch: two results, gradients of slopes, the form, the running sums of widths and heights in float64, products with weights,
// and room for what is found out unless it is saved.
const HIGH_RESULT: usize = offsetof<Result>();
const SLOPE_GRADIENTS: usize = 2 * offsetof<Result>();
const FORM: usize = SLOPE_GRADIENTS + offsetof<SlopeGradients>();
const SUMS: usize = FORM + 64;

@inline
function productsIn(scratch: usize, bins: i32): usize {
  return scratch + SUMS + (<usize>(bins + 1) << 6);
}

@inline
function foundIn(scratch: usize, bins: i32): usize {
  return productsIn(scratch, bins) + (<usize>bins << 5);
}

/** Bytes of what is found out about four elements. */
@inline
function foundBytes(bins: i32): usize {
  return WEIGHTS + (<usize>bins << 5);
}

/**
 * `y, log dy/dx` of `count` numbers x, or with `inverse` x of y; `3·bins − 1` parameters of each, with `linear` two more,
 * `apart` numbers from one element to the next. Scratch holds `256 + 32·bins` numbers. Unless `saved` is 0, it holds
 * `128 + 8·bins` for each four elements, and gets what {@link splineGradient} need not find out again.
 */
export function splineForward(
  x: usize, parameters: usize, y: usize, logDet: usize,
  count: i32, apart: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  softmaxScale: f32, softmaxLimit: f32, minBin: f64, slopeLimit: f32, slopeOffset: f64, minSlope: f64,
  scratch: usize, saved: usize,
): void {
  const low = changetype<Result>(scratch);
  const high = changetype<Result>(scratch + HIGH_RESULT);
  const stride = <usize>apart << 2;
  setForm(scratch, bins, bound, softmaxScale, softmaxLimit, minBin, slopeLimit, slopeOffset, minSlope);
  let found = saved == 0 ? foundIn(scratch, bins) : saved;
  const step = saved == 0 ? <usize>0 : foundBytes(bins);
  for (let left = count; left > 0; left -= 4) {
    locate(loadPart(x, left), parameters, stride, min(4, left), bins, bound, linear, inverse, found, scratch);
    evaluate(changetype<Place>(found + LOW), low, bound, linear, inverse);
    evaluate(changetype<Place>(found + HIGH), high, bound, linear, inverse);
    const logSlope = logOfPairs(low.slope, high.slope);
    storePart(y, four(low.value, high.value), left);
    storePart(logDet, inverse ? f32x4.sub(f32x4.splat(0), logSlope) : logSlope, left);
    x += 16;
    parameters += 4 * stride;
    y += 16;
    logDet += 16;
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
  const lowResult = changetype<Result>(scratch);
  const highResult = changetype<Result>(scratch + HIGH_RESULT);
  const ofSlopes = changetype<SlopeGradients>(scratch + SLOPE_GRADIENTS);
  const productsP = productsIn(scratch, bins);
  const productsQ = productsP + (<usize>bins << 4);
  const form = formIn(scratch);
  const stride = <usize>apart << 2;
  setForm(scratch, bins, bound, softmaxScale, softmaxLimit, minBin, slopeLimit, slopeOffset, minSlope);
  const first = firstKnot(linear);
  const slopeCount = slopesOf(bins, linear);
  let found = saved == 0 ? foundIn(scratch, bins) : saved;
  const step = saved == 0 ? <usize>0 : foundBytes(bins);
  for (let left = count; left > 0; left -= 4) {
    const rows = min(4, left);
    const ofValue = loadPart(dValue, left);
    const ofLogDet = loadPart(dLogDet, left);
    if (saved == 0) locate(loadPart(x, left), parameters, stride, rows, bins, bound, linear, inverse, found, scratch);
    const low = changetype<Place>(found + LOW);
    const high = changetype<Place>(found + HIGH);
    const slopes = changetype<Slopes>(found);
    const weightsP = found + WEIGHTS;
    differentiate(low, lowResult, lowPair(ofValue), lowPair(ofLogDet), form, bound, linear, inverse);
    differentiate(high, highResult, highPair(ofValue), highPair(ofLogDet), form, bound, linear, inverse);
    storePart(dx, four(lowResult.dInput, highResult.dInput), left);
    const bin = v128.shuffle<i32>(low.bin, high.bin, 0, 2, 4, 6);
    const outside = v128.shuffle<i32>(outsideOf(low.input, bound), outsideOf(high.input, bound), 0, 2, 4, 6);
    multiply(
      weightsP, productsP, bins, bin, outside, four(lowResult.dBelowP, highResult.dBelowP),
      four(lowResult.dHereP, highResult.dHereP), four(lowResult.dAboveP, highResult.dAboveP),
    );
    multiply(
      weightsP + (<usize>bins << 4), productsQ, bins, bin, outside, four(lowResult.dBelowQ, highResult.dBelowQ),
      four(lowResult.dHereQ, highResult.dHereQ), four(lowResult.dAboveQ, highResult.dAboveQ),
    );
    if (softmaxLimit != 0) {
      const raw = scratch + SUMS;
      toLanes(parameters, stride, 2 * bins, rows, raw);
      multiplyByClipSlopes(raw, productsP, 2 * bins, softmaxScale, softmaxLimit, outside);
    }
    fromLanes(productsP, 2 * bins, rows, dParameters, stride);
    let ofRaw0: v128, ofRaw1: v128;
    if (slopeLimit != 0) {
      const limit = f32x4.splat(slopeLimit);
      ofRaw0 = f32x4.mul(slopes.exp0, softClipSlope(slopes.z0, limit));
      ofRaw1 = f32x4.mul(slopes.exp1, softClipSlope(slopes.z1, limit));
    } else {
      ofRaw0 = softplusSlope(slopes.z0, slopes.exp0);
      ofRaw1 = softplusSlope(slopes.z1, slopes.exp1);
    }
    const dRaw0 = f32x4.mul(four(lowResult.dSlope0, highResult.dSlope0), ofRaw0);
    const dRaw1 = f32x4.mul(four(lowResult.dSlope1, highResult.dSlope1), ofRaw1);
    let without0 = outside;
    let without1 = outside;
    if (linear) {
      // A tail has the slope at its end, and nothing to do with the other one of that bin.
      const zero = f64x2.splat(0);
      const above = v128.shuffle<i32>(f64x2.gt(low.input, zero), f64x2.gt(high.input, zero), 0, 2, 4, 6);
      without0 = v128.and(outside, above);
      without1 = v128.andnot(outside, above);
    }
    ofSlopes.dRaw0 = v128.andnot(dRaw0, without0);
    ofSlopes.dRaw1 = v128.andnot(dRaw1, without1);
    for (let row = 0; row < rows; row++) {
      // Knot k lies between the bins k − 1 and k, and its parameter at k − first; those at fixed ends have none.
      const to = dParameters + <usize>row * stride + (<usize>bins << 3);
      const lane = changetype<usize>(ofSlopes) + (<usize>row << 2);
      const below = binOf(found, row) - first;
      for (let k = 0; k < slopeCount; k++) store<f32>(to + (<usize>k << 2), 0);
      if (below >= 0) store<f32>(to + (<usize>below << 2), load<f32>(lane, offsetof<SlopeGradients>("dRaw0")));
      const above = below + 1;
      if (above < slopeCount) store<f32>(to + (<usize>above << 2), load<f32>(lane, offsetof<SlopeGradients>("dRaw1")));
    }
    x += 16;
    parameters += 4 * stride;
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    dParameters += 4 * stride;
    found += step;
  }
}

/** The value and the slope of a pair. */
@inline
function evaluate(pair: Place, result: Result, bound: f64, linear: bool, inverse: bool): void {
  const one = f64x2.splat(1);
  const width = pair.width;
  const height = pair.height;
  const slope0 = pair.slope0;
  const slope1 = pair.slope1;
  const s = f64x2.div(height, width);
  const theta = thetaOf(pair, s, inverse);
  const rest = f64x2.sub(one, theta);
  const cross = f64x2.mul(theta, rest);
  const squared = f64x2.mul(theta, theta);
  const overD = f64x2.div(one, madd2(curvatureOf(slope0, slope1, s), cross, s));
  const ratio = f64x2.mul(s, overD);
  const slope = f64x2.mul(f64x2.mul(ratio, ratio), slopeNumerator(slope0, slope1, s, cross, squared, rest));
  const way = inverse
    ? f64x2.mul(width, theta)
    : f64x2.mul(f64x2.mul(height, overD), madd2(slope0, cross, f64x2.mul(s, squared)));
  const outside = outsideOf(pair.input, bound);
  let tail = pair.input;
  let tailSlope = one;
  if (linear) {
    tailSlope = tailSlopeOf(pair);
    const end = endOf(pair.input, bound);
    const beyond = f64x2.sub(pair.input, end);
    tail = f64x2.add(end, inverse ? f64x2.div(beyond, tailSlope) : f64x2.mul(beyond, tailSlope));
  }
  result.value = v128.bitselect(tail, f64x2.add(pair.start, way), outside);
  result.slope = v128.bitselect(tailSlope, slope, outside);
}

/** The gradients of a pair; those of widths and heights, and of both slopes, as if it had to do with them. */
@inline
function differentiate(
  pair: Place, result: Result, ofValue: v128, ofLogDet: v128, form: Form, bound: f64, linear: bool, inverse: bool,
): void {
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const width = pair.width;
  const height = pair.height;
  const slope0 = pair.slope0;
  const slope1 = pair.slope1;
  const overWidth = f64x2.div(one, width);
  const s = f64x2.mul(height, overWidth);
  const theta = thetaOf(pair, s, inverse);
  const curvature = curvatureOf(slope0, slope1, s);
  const rest = f64x2.sub(one, theta);
  const cross = f64x2.mul(theta, rest);
  const squared = f64x2.mul(theta, theta);
  const n = madd2(slope0, cross, f64x2.mul(s, squared));
  const d = madd2(curvature, cross, s);
  const m = slopeNumerator(slope0, slope1, s, cross, squared, rest);
  const overD = f64x2.div(one, d);
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
    two, f64x2.add(f64x2.div(one, s), f64x2.sub(f64x2.mul(cross, overM), f64x2.mul(twice, overD))),
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
  const outside = outsideOf(pair.input, bound);
  let dTail = ofValue;
  if (linear) {
    const slope = tailSlopeOf(pair);
    const overSlope = f64x2.div(one, slope);
    const beyond = f64x2.sub(pair.input, endOf(pair.input, bound));
    // At ±∞ no slope changes the value.
    const lever = v128.and(beyond, f64x2.lt(f64x2.abs(beyond), f64x2.splat(Infinity)));
    dTail = f64x2.mul(ofValue, inverse ? overSlope : slope);
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
  result.dInput = v128.bitselect(dTail, dInput, outside);
  result.dSlope0 = dSlope0;
  result.dSlope1 = dSlope1;
  // Raw numbers reach all bins through the sum in the softmax.
  const reach = f64x2.splat(form.reach);
  const meanP = f64x2.mul(madd2(dLeft, pair.belowP, f64x2.mul(dWidth, pair.hereP)), pair.shareP);
  const scaleP = f64x2.mul(pair.shareP, reach);
  result.dBelowP = f64x2.mul(f64x2.sub(dLeft, meanP), scaleP);
  result.dHereP = f64x2.mul(f64x2.sub(dWidth, meanP), scaleP);
  result.dAboveP = f64x2.neg(f64x2.mul(meanP, scaleP));
  const meanQ = f64x2.mul(madd2(dY, pair.belowQ, f64x2.mul(dHeight, pair.hereQ)), pair.shareQ);
  const scaleQ = f64x2.mul(pair.shareQ, reach);
  result.dBelowQ = f64x2.mul(f64x2.sub(dY, meanQ), scaleQ);
  result.dHereQ = f64x2.mul(f64x2.sub(dHeight, meanQ), scaleQ);
  result.dAboveQ = f64x2.neg(f64x2.mul(meanQ, scaleQ));
}

/** NaN is not outside: it goes through the spline and stays NaN. */
@inline
function outsideOf(input: v128, bound: f64): v128 {
  return f64x2.gt(f64x2.abs(input), f64x2.splat(bound));
}

/** The end of the box on the side of an input. */
@inline
function endOf(input: v128, bound: f64): v128 {
  return v128.bitselect(f64x2.splat(bound), f64x2.splat(-bound), f64x2.gt(input, f64x2.splat(0)));
}

/** The slope of the tail on the side of an input, which lies in the first or in the last bin. */
@inline
function tailSlopeOf(pair: Place): v128 {
  return v128.bitselect(pair.slope1, pair.slope0, f64x2.gt(pair.input, f64x2.splat(0)));
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
  form.reach = free * <f64>softmaxScale;
  form.minSlope = minSlope;
  form.slopeOffset = slopeOffset;
  form.slopeLimit = slopeLimit;
  form.softmaxScale = softmaxScale;
  form.softmaxLimit = softmaxLimit;
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
function thetaOf(pair: Place, s: v128, inverse: bool): v128 {
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
    theta = f64x2.div(way, pair.width);
  }
  return f64x2.pmin(f64x2.pmax(theta, f64x2.splat(0)), f64x2.splat(1));
}

/** Finds out about four inputs: their bins, the slopes there, and all weights. */
function locate(
  x: v128, parameters: usize, stride: usize, rows: i32, bins: i32, bound: f64, linear: bool, inverse: bool,
  found: usize, scratch: usize,
): void {
  const low = changetype<Place>(found + LOW);
  const high = changetype<Place>(found + HIGH);
  const weights = found + WEIGHTS;
  const sums = scratch + SUMS;
  const form = formIn(scratch);
  toLanes(parameters, stride, 2 * bins, rows, weights);
  if (form.softmaxScale != 1 || form.softmaxLimit != 0) clip(weights, 2 * bins, form.softmaxScale, form.softmaxLimit);
  accumulate(weights, bins, sums);
  accumulate(weights + (<usize>bins << 4), bins, sums + (<usize>(bins + 1) << 5));
  low.input = lowPair(x);
  high.input = highPair(x);
  search(low, sums, bins, form, bound, linear, inverse);
  search(high, sums + 16, bins, form, bound, linear, inverse);

  const slopes = changetype<Slopes>(found);
  const raw = parameters + (<usize>bins << 3);
  let raw0 = f32x4.splat(0);
  let raw1 = raw0;
  const lastSlope = slopesOf(bins, linear) - 1;
  if (lastSlope >= 0) {
    // At fixed ends there is no parameter: one beside it is read, and its slope not used.
    const row1 = raw + (rows > 1 ? stride : 0);
    const row2 = raw + (rows > 2 ? 2 * stride : 0);
    const row3 = raw + (rows > 3 ? 3 * stride : 0);
    const first = firstKnot(linear);
    const below0 = binOf(found, 0) - first;
    const below1 = binOf(found, 1) - first;
    const below2 = binOf(found, 2) - first;
    const below3 = binOf(found, 3) - first;
    raw0 = v128.load32_lane(raw + (<usize>max(below0, 0) << 2), raw0, 0);
    raw0 = v128.load32_lane(row1 + (<usize>max(below1, 0) << 2), raw0, 1);
    raw0 = v128.load32_lane(row2 + (<usize>max(below2, 0) << 2), raw0, 2);
    raw0 = v128.load32_lane(row3 + (<usize>max(below3, 0) << 2), raw0, 3);
    raw1 = v128.load32_lane(raw + (<usize>min(below0 + 1, lastSlope) << 2), raw1, 0);
    raw1 = v128.load32_lane(row1 + (<usize>min(below1 + 1, lastSlope) << 2), raw1, 1);
    raw1 = v128.load32_lane(row2 + (<usize>min(below2 + 1, lastSlope) << 2), raw1, 2);
    raw1 = v128.load32_lane(row3 + (<usize>min(below3 + 1, lastSlope) << 2), raw1, 3);
  }
  if (form.slopeLimit != 0) {
    exponentialSlopes(raw0, raw1, found, bins, form.slopeLimit, linear);
    return;
  }
  const offset = f64x2.splat(form.slopeOffset);
  const zLow0 = f64x2.add(lowPair(raw0), offset);
  const zHigh0 = f64x2.add(highPair(raw0), offset);
  const zLow1 = f64x2.add(lowPair(raw1), offset);
  const zHigh1 = f64x2.add(highPair(raw1), offset);
  const z0 = four(zLow0, zHigh0);
  const z1 = four(zLow1, zHigh1);
  const exp0 = exp(f32x4.neg(f32x4.abs(z0)));
  const exp1 = exp(f32x4.neg(f32x4.abs(z1)));
  slopes.z0 = z0;
  slopes.z1 = z1;
  slopes.exp0 = exp0;
  slopes.exp1 = exp1;
  const log0 = log1p(exp0);
  const log1 = log1p(exp1);
  const first = i64x2.splat(firstFixed(linear));
  const last = i64x2.splat(lastFixed(bins, linear));
  const least = f64x2.splat(form.minSlope);
  low.slope0 = unlessEnd(slopeOf(zLow0, lowPair(log0), least), i64x2.eq(low.bin, first));
  high.slope0 = unlessEnd(slopeOf(zHigh0, highPair(log0), least), i64x2.eq(high.bin, first));
  low.slope1 = unlessEnd(slopeOf(zLow1, lowPair(log1), least), i64x2.eq(low.bin, last));
  high.slope1 = unlessEnd(slopeOf(zHigh1, highPair(log1), least), i64x2.eq(high.bin, last));
}

/** What `locate` finds out about slopes that are exponentials; apart from it, so that the others have the registers. */
function exponentialSlopes(raw0: v128, raw1: v128, found: usize, bins: i32, slopeLimit: f32, linear: bool): void {
  const low = changetype<Place>(found + LOW);
  const high = changetype<Place>(found + HIGH);
  const slopes = changetype<Slopes>(found);
  const limit = f32x4.splat(slopeLimit);
  const slope0 = exp(softClip(raw0, limit));
  const slope1 = exp(softClip(raw1, limit));
  slopes.z0 = raw0;
  slopes.z1 = raw1;
  slopes.exp0 = slope0;
  slopes.exp1 = slope1;
  const first = i64x2.splat(firstFixed(linear));
  const last = i64x2.splat(lastFixed(bins, linear));
  low.slope0 = unlessEnd(lowPair(slope0), i64x2.eq(low.bin, first));
  high.slope0 = unlessEnd(highPair(slope0), i64x2.eq(high.bin, first));
  low.slope1 = unlessEnd(lowPair(slope1), i64x2.eq(low.bin, last));
  high.slope1 = unlessEnd(highPair(slope1), i64x2.eq(high.bin, last));
}

/** The bin whose lower end has the slope 1; −1 for none. */
@inline
function firstFixed(linear: bool): i64 {
  return linear ? -1 : 0;
}

/** The bin whose upper end has the slope 1; −1 for none. */
@inline
function lastFixed(bins: i32, linear: bool): i64 {
  return linear ? -1 : <i64>bins - 1;
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
  const pair = row < 2 ? LOW : HIGH;
  return load<i32>(found + pair + (<usize>(row & 1) << 3), offsetof<Place>("bin"));
}

/** Scales raw numbers, and clips them softly unless the limit is 0. */
function clip(at: usize, count: i32, scale: f32, limit: f32): void {
  const factor = f32x4.splat(scale);
  const bound = f32x4.splat(limit);
  const end = at + (<usize>count << 4);
  for (; at < end; at += 16) {
    const scaled = f32x4.mul(v128.load(at), factor);
    v128.store(at, limit == 0 ? scaled : softClip(scaled, bound));
  }
}

/** Multiplies gradients of clipped numbers by the derivative of the clip; outside of the box they are 0. */
function multiplyByClipSlopes(raw: usize, products: usize, count: i32, scale: f32, limit: f32, outside: v128): void {
  const factor = f32x4.splat(scale);
  const bound = f32x4.splat(limit);
  const end = raw + (<usize>count << 4);
  for (; raw < end; raw += 16, products += 16) {
    const slope = softClipSlope(f32x4.mul(v128.load(raw), factor), bound);
    v128.store(products, v128.andnot(f32x4.mul(v128.load(products), slope), outside));
  }
}

/**
 * Replaces raw numbers by weights in proportion to their softmax. `sums` gets the sum of the weights below each bin,
 * and after the last the sum of all, as float64 of four elements.
 */
function accumulate(at: usize, bins: i32, sums: usize): void {
  const end = at + (<usize>bins << 4);
  let peak = v128.load(at);
  for (let i = at + 16; i < end; i += 16) peak = f32x4.pmax(peak, v128.load(i));
  // Taking off octaves is exact for raw numbers up to some thousands, where taking off the largest one would round. Of
  // larger ones those that count differ so little from the largest that the difference is exact.
  const base = v128.and(peak, f32x4.gt(f32x4.abs(peak), f32x4.splat(4096)));
  const highest = f32x4.sub(peak, base);
  const top = shiftedOctaves(highest);
  const lowest = f32x4.sub(highest, f32x4.splat(80));
  let low = f64x2.splat(0);
  let high = low;
  for (let i = at; i < end; i += 16, sums += 32) {
    v128.store(sums, low);
    v128.store(sums, high, 16);
    const x = f32x4.pmax(f32x4.sub(v128.load(i), base), lowest);
    const octaves = shiftedOctaves(x);
    // The weight is `power + part`; float64 keeps what rounding their sum loses.
    const power = powerOfTwo(i32x4.sub(octaves, top));
    const part = f32x4.mul(series(withoutOctaves(x, octaves)), power);
    v128.store(i, f32x4.add(power, part));
    low = f64x2.add(low, f64x2.add(lowPair(power), lowPair(part)));
    high = f64x2.add(high, f64x2.add(highPair(power), highPair(part)));
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

/** Finds the bins of a pair, whose running sums are those of the widths, and behind them those of the heights. */
@inline
function search(
  pair: Place, sumsP: usize, bins: i32, form: Form, bound: f64, linear: bool, inverse: bool,
): void {
  const size = <usize>bins << 5;
  const sumsQ = sumsP + size + 32;
  const one = f64x2.splat(1);
  const free = f64x2.splat(form.free);
  const least = f64x2.splat(form.least);
  const box = f64x2.splat(bound);
  const shareP = f64x2.div(one, v128.load(sumsP + size));
  const shareQ = f64x2.div(one, v128.load(sumsQ + size));
  const freeP = f64x2.mul(free, shareP);
  const freeQ = f64x2.mul(free, shareQ);
  const freeSearched = inverse ? freeQ : freeP;
  const position = f64x2.add(f64x2.pmin(f64x2.pmax(pair.input, f64x2.neg(box)), box), box);
  let bin = i64x2.splat(0);
  let before = least;
  const end = (inverse ? sumsQ : sumsP) + size;
  for (let at = end - size + 32; at < end; at += 32) {
    bin = i64x2.sub(bin, f64x2.ge(position, madd2(v128.load(at), freeSearched, before)));
    before = f64x2.add(before, least);
  }
  // The upper tail is that of the last bin, also where weights are NaN and nothing is found.
  if (linear) bin = v128.bitselect(i64x2.splat(<i64>bins - 1), bin, f64x2.gt(pair.input, box));
  const at0 = <usize>i64x2.extract_lane(bin, 0) << 5;
  const at1 = <usize>i64x2.extract_lane(bin, 1) << 5;
  const belowP = v128.load64_lane(sumsP + at1, v128.load64_zero(sumsP + at0), 1, 8);
  const belowQ = v128.load64_lane(sumsQ + at1, v128.load64_zero(sumsQ + at0), 1, 8);
  const hereP = f64x2.sub(v128.load64_lane(sumsP + at1, v128.load64_zero(sumsP + at0, 32), 1, 40), belowP);
  const hereQ = f64x2.sub(v128.load64_lane(sumsQ + at1, v128.load64_zero(sumsQ + at0, 32), 1, 40), belowQ);
  const leastBelow = f64x2.mul(least, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(bin, bin, 0, 2, 0, 2)));
  const left = madd2(belowP, freeP, leastBelow);
  const bottom = madd2(belowQ, freeQ, leastBelow);
  pair.bin = bin;
  pair.way = f64x2.sub(position, inverse ? bottom : left);
  pair.start = f64x2.sub(inverse ? left : bottom, box);
  pair.width = madd2(hereP, freeP, least);
  pair.height = madd2(hereQ, freeQ, least);
  pair.shareP = shareP;
  pair.shareQ = shareQ;
  pair.hereP = hereP;
  pair.hereQ = hereQ;
  pair.belowP = belowP;
  pair.belowQ = belowQ;
}

/** Weights times one factor below the bin of the input, another at it, and a third above; outside it is 0. */
function multiply(
  weights: usize, products: usize, bins: i32, bin: v128, outside: v128, below: v128, here: v128, above: v128,
): void {
  for (let k = 0; k < bins; k++, weights += 16, products += 16) {
    const place = i32x4.splat(k);
    const factor = v128.bitselect(
      here, v128.bitselect(below, above, i32x4.gt_s(bin, place)), i32x4.eq(bin, place),
    );
    v128.store(products, v128.andnot(f32x4.mul(v128.load(weights), factor), outside));
  }
}
