import { highPairs, lowPairs } from "./parts/lanes";
import { loadPart, storePart } from "./parts/part";
import { exp, expm1, log, madd, sigmoid, softClip, softClipSlope, softplus, tanh } from "./parts/vector-maths";

// The affine map y = x·eᵃ + t of four elements at a time. Parameters are pairs (t, raw), `apart` numbers from one element
// to the next. The scale eᵃ is, by its map, e^(limit·tanh(raw/limit)), e^(raw/(1 + |raw|/limit)),
// softplus(raw + offset) + least or sigmoid(raw + offset) + least.

const TANH: i32 = 0;
const CLIP: i32 = 1;
const SOFTPLUS: i32 = 2;

/** `y, log dy/dx` of `count` numbers x, or with `inverse` x of y. */
export function affineForward(
  x: usize, parameters: usize, y: usize, logDet: usize, count: i32, apart: i32, inverse: bool,
  map: i32, limit: f32, offset: f32, least: f32,
): void {
  // Each branch is compiled to a loop of its own, of which the first has only what it needs.
  if (map == TANH) forward(x, parameters, y, logDet, count, apart, inverse, TANH, limit, offset, least);
  else forward(x, parameters, y, logDet, count, apart, inverse, map, limit, offset, least);
}

@inline
function forward(
  x: usize, parameters: usize, y: usize, logDet: usize, count: i32, apart: i32, inverse: bool,
  map: i32, limit: f32, offset: f32, least: f32,
): void {
  const stride = <usize>apart << 2;
  const bound = f32x4.splat(limit);
  for (let left = count; left > 0; left -= 4, x += 16, parameters += 4 * stride, y += 16, logDet += 16) {
    const input = loadPart(x, left);
    const p0 = loadPairs(parameters, left, stride);
    const p1 = loadPairs(parameters + 2 * stride, left - 2, stride);
    const shift = v128.shuffle<f32>(p0, p1, 0, 2, 4, 6);
    const raw = v128.shuffle<f32>(p0, p1, 1, 3, 5, 7);
    let logScale: v128, gain: v128;
    if (map <= CLIP) {
      logScale = boundedOf(raw, map, bound);
      if (inverse) logScale = f32x4.neg(logScale);
      gain = exp(logScale);
    } else {
      gain = scaleOf(raw, map, offset, least);
      logScale = log(gain);
      if (inverse) {
        logScale = f32x4.neg(logScale);
        gain = f32x4.div(f32x4.splat(1), gain);
      }
    }
    storePart(y, inverse ? f32x4.mul(f32x4.sub(input, shift), gain) : madd(input, gain, shift), left);
    storePart(logDet, logScale, left);
  }
}

/**
 * The gradients of x `[count]` and of the parameters, from the gradients of the two outputs. The parameter gradients
 * are also `apart` numbers apart.
 */
export function affineGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, apart: i32, inverse: bool, map: i32, limit: f32, offset: f32, least: f32,
): void {
  if (map == TANH) {
    gradient(
      x, parameters, dValue, dLogDet, dx, dParameters, count, apart, inverse, TANH, limit, offset, least,
    );
  } else {
    gradient(
      x, parameters, dValue, dLogDet, dx, dParameters, count, apart, inverse, map, limit, offset, least,
    );
  }
}

@inline
function gradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, apart: i32, inverse: bool, map: i32, limit: f32, offset: f32, least: f32,
): void {
  const stride = <usize>apart << 2;
  const bound = f32x4.splat(limit);
  for (let left = count; left > 0; left -= 4) {
    const input = loadPart(x, left);
    const p0 = loadPairs(parameters, left, stride);
    const p1 = loadPairs(parameters + 2 * stride, left - 2, stride);
    const shift = v128.shuffle<f32>(p0, p1, 0, 2, 4, 6);
    const raw = v128.shuffle<f32>(p0, p1, 1, 3, 5, 7);
    const ofValue = loadPart(dValue, left);
    const ofLogDet = loadPart(dLogDet, left);
    // The factor of the value, and the derivative of a by the raw number.
    let gain: v128, slope: v128;
    if (map == TANH) {
      // With e = e^|2u| − 1, tanh |u| = e/(e + 2), and 1 − tanh² u = g·(2 − g) with g = 1 − tanh |u| = 2/(e + 2): precise
      // near 0 and far out.
      const u = f32x4.div(raw, bound);
      const e = expm1(f32x4.mul(f32x4.abs(u), f32x4.splat(2)));
      const part = f32x4.div(f32x4.splat(1), f32x4.add(e, f32x4.splat(2)));
      const g = f32x4.add(part, part);
      slope = f32x4.mul(g, f32x4.sub(f32x4.splat(2), g));
      const size = f32x4.mul(f32x4.mul(e, part), bound);
      const sign = v128.and(inverse ? f32x4.neg(u) : u, i32x4.splat(0x80000000));
      gain = exp(v128.or(size, sign));
    } else if (map == CLIP) {
      const logScale = softClip(raw, bound);
      gain = exp(inverse ? f32x4.neg(logScale) : logScale);
      slope = softClipSlope(raw, bound);
    } else {
      const scale = scaleOf(raw, map, offset, least);
      const overScale = f32x4.div(f32x4.splat(1), scale);
      gain = inverse ? overScale : scale;
      const z = f32x4.add(raw, f32x4.splat(offset));
      slope = f32x4.mul(sigmoid(z), overScale);
      if (map != SOFTPLUS) slope = f32x4.mul(slope, sigmoid(f32x4.neg(z)));
    }
    const dInput = f32x4.mul(ofValue, gain);
    let dShift = ofValue;
    let dLogScale: v128;
    if (inverse) {
      dShift = f32x4.neg(dInput);
      dLogScale = f32x4.neg(madd(dInput, f32x4.sub(input, shift), ofLogDet));
    } else {
      dLogScale = madd(dInput, input, ofLogDet);
    }
    const dRaw = f32x4.mul(dLogScale, slope);
    storePart(dx, dInput, left);
    storePairs(dParameters, lowPairs(dShift, dRaw), left, stride);
    storePairs(dParameters + 2 * stride, highPairs(dShift, dRaw), left - 2, stride);
    x += 16;
    parameters += 4 * stride;
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    dParameters += 4 * stride;
  }
}

/** The log-scale a of the maps that have a limit. */
@inline
function boundedOf(raw: v128, map: i32, bound: v128): v128 {
  return map == TANH ? f32x4.mul(tanh(f32x4.div(raw, bound)), bound) : softClip(raw, bound);
}

/** The scale of the maps without a limit. */
@inline
function scaleOf(raw: v128, map: i32, offset: f32, least: f32): v128 {
  const z = f32x4.add(raw, f32x4.splat(offset));
  return f32x4.add(map == SOFTPLUS ? softplus(z) : sigmoid(z), f32x4.splat(least));
}

/** The first `count` pairs, at most 2, and zeros. */
@inline
function loadPairs(at: usize, count: i32, stride: usize): v128 {
  if (count <= 0) return f32x4.splat(0);
  const first = v128.load64_zero(at);
  return count > 1 ? v128.load64_lane(at + stride, first, 1) : first;
}

/** Stores the first `count` pairs, at most 2. */
@inline
function storePairs(at: usize, pairs: v128, count: i32, stride: usize): void {
  if (count > 0) v128.store64_lane(at, pairs, 0);
  if (count > 1) v128.store64_lane(at + stride, pairs, 1);
}
