import { loadPart, storePart } from "./part";
import { exp, madd, tanh, tanhSlope } from "./vector-maths";

// The affine map y = x·eᵃ + t with a = 5·tanh(raw/5), of four elements at a time. Parameters are pairs (t, raw).

/** Largest log-scale, approached softly. */
const LIMIT: f32 = 5;

/** `y, log dy/dx` of `count` numbers x, or with `inverse` x of y; parameters `[count, 2]`. */
export function affineForward(x: usize, parameters: usize, y: usize, logDet: usize, count: i32, inverse: bool): void {
  for (let left = count; left > 0; left -= 4, x += 16, parameters += 32, y += 16, logDet += 16) {
    const input = loadPart(x, left);
    const p0 = loadPart(parameters, 2 * left);
    const p1 = loadPart(parameters + 16, 2 * left - 4);
    const shift = v128.shuffle<f32>(p0, p1, 0, 2, 4, 6);
    const raw = v128.shuffle<f32>(p0, p1, 1, 3, 5, 7);
    let logScale = f32x4.mul(tanh(f32x4.div(raw, f32x4.splat(LIMIT))), f32x4.splat(LIMIT));
    if (inverse) logScale = f32x4.neg(logScale);
    const scale = exp(logScale);
    storePart(y, inverse ? f32x4.mul(f32x4.sub(input, shift), scale) : madd(input, scale, shift), left);
    storePart(logDet, logScale, left);
  }
}

/** The gradients of x `[count]` and parameters `[count, 2]`, from those of the two outputs. */
export function affineGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, inverse: bool,
): void {
  for (let left = count; left > 0; left -= 4) {
    const input = loadPart(x, left);
    const p0 = loadPart(parameters, 2 * left);
    const p1 = loadPart(parameters + 16, 2 * left - 4);
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
    storePart(dParameters, v128.shuffle<f32>(dShift, dRaw, 0, 4, 1, 5), 2 * left);
    storePart(dParameters + 16, v128.shuffle<f32>(dShift, dRaw, 2, 6, 3, 7), 2 * left - 4);
    x += 16;
    parameters += 32;
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    dParameters += 32;
  }
}
