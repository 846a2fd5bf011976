import { loadPart, storePart } from "./part";
import { exp, madd, tanh, tanhSlope } from "./vector-maths";

// The affine map y = x·eᵃ + t with a = 5·tanh(raw/5), of four elements at a time. Parameters are pairs (t, raw), `apart`
// numbers from one element to the next.

/** Largest log-scale, approached softly. */
const LIMIT: f32 = 5;

/** `y, log dy/dx` of `count` numbers x, or with `inverse` x of y. */
export function affineForward(
  x: usize, parameters: usize, y: usize, logDet: usize, count: i32, apart: i32, inverse: bool,
): void {
  const stride = <usize>apart << 2;
  for (let left = count; left > 0; left -= 4, x += 16, parameters += 4 * stride, y += 16, logDet += 16) {
    const input = loadPart(x, left);
    const p0 = loadPairs(parameters, left, stride);
    const p1 = loadPairs(parameters + 2 * stride, left - 2, stride);
    const shift = v128.shuffle<f32>(p0, p1, 0, 2, 4, 6);
    const raw = v128.shuffle<f32>(p0, p1, 1, 3, 5, 7);
    let logScale = f32x4.mul(tanh(f32x4.div(raw, f32x4.splat(LIMIT))), f32x4.splat(LIMIT));
    if (inverse) logScale = f32x4.neg(logScale);
    const scale = exp(logScale);
    storePart(y, inverse ? f32x4.mul(f32x4.sub(input, shift), scale) : madd(input, scale, shift), left);
    storePart(logDet, logScale, left);
  }
}

/** The gradients of x `[count]` and parameters, from those of the two outputs; those of parameters are `apart` as well. */
export function affineGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, apart: i32, inverse: bool,
): void {
  const stride = <usize>apart << 2;
  for (let left = count; left > 0; left -= 4) {
    const input = loadPart(x, left);
    const p0 = loadPairs(parameters, left, stride);
    const p1 = loadPairs(parameters + 2 * stride, left - 2, stride);
    const shift = v128.shuffle<f32>(p0, p1, 0, 2, 4, 6);
    const raw = v128.shuffle<f32>(p0, p1, 1, 3, 5, 7);
    const ofValue = loadPart(dValue, left);
    const ofLogDet = loadPart(dLogDet, left);
    const bounded = f32x4.div(raw, f32x4.splat(LIMIT));
    let logScale = f32x4.mul(tanh(bounded), f32x4.splat(LIMIT));
    if (inverse) logScale = f32x4.neg(logScale);
    const dInput = f32x4.mul(ofValue, exp(logScale));
    let dShift = ofValue;
    let dLogScale: v128;
    if (inverse) {
      dShift = f32x4.neg(dInput);
      dLogScale = f32x4.neg(madd(dInput, f32x4.sub(input, shift), ofLogDet));
    } else {
      dLogScale = madd(dInput, input, ofLogDet);
    }
    const dRaw = f32x4.mul(dLogScale, tanhSlope(bounded));
    storePart(dx, dInput, left);
    storePairs(dParameters, v128.shuffle<f32>(dShift, dRaw, 0, 4, 1, 5), left, stride);
    storePairs(dParameters + 2 * stride, v128.shuffle<f32>(dShift, dRaw, 2, 6, 3, 7), left - 2, stride);
    x += 16;
    parameters += 4 * stride;
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    dParameters += 4 * stride;
  }
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
