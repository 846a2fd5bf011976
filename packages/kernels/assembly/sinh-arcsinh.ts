import { loadPart, storePart } from "./parts/part";
import { asinh, exp, highPair, hypotenuse, logCosh, lowPair, madd, sinh } from "./parts/vector-maths";

// The map y = sinh v with v = g·asinh x + s of four elements at a time: g = δ and s = δ·ε, or with `inverse` g = 1/δ and
// s = −ε. Four elements may begin in any column, so that g and s are written out for four rows, after which they repeat.

/** y `[rows, columns]` and log dy/dx of x. The scratch has 12 numbers for each column. */
export function sinhArcsinhForward(
  x: usize, skewness: usize, logTailWeight: usize, y: usize, logSlopes: usize, rows: i32, columns: i32, inverse: bool,
  scratch: usize,
): void {
  const period = <usize>columns << 4;
  const gains = scratch;
  const shifts = gains + period;
  const logGains = shifts + period;
  prepare(skewness, logTailWeight, gains, shifts, logGains, columns, inverse);
  let at: usize = 0;
  for (let left = rows * columns; left > 0; left -= 4, x += 16, y += 16, logSlopes += 16) {
    const u = asinh(loadPart(x, left));
    const v = madd(u, v128.load(gains + at), v128.load(shifts + at));
    storePart(y, sinh(v), left);
    storePart(logSlopes, f32x4.add(v128.load(logGains + at), f32x4.sub(logCosh(v), logCosh(u))), left);
    at = at + 16 == period ? 0 : at + 16;
  }
}

/**
 * The gradients of x and of the parameters, from the gradients of the two outputs, after the forward pass that computed
 * y. A gradient pointer is 0 if the gradient is not needed. The scratch has 28 numbers for each column. The derivative
 * of sinh is cosh v = √(1 + y²), the derivative of log cosh is tanh v = y/√(1 + y²).
 */
export function sinhArcsinhGradient(
  x: usize, y: usize, skewness: usize, logTailWeight: usize, dValue: usize, dLogSlopes: usize, dx: usize,
  dSkewness: usize, dLogTailWeight: usize, rows: i32, columns: i32, inverse: bool, scratch: usize,
): void {
  const period = <usize>columns << 4;
  const gains = scratch;
  const shifts = gains + period;
  prepare(skewness, logTailWeight, gains, shifts, shifts + period, columns, inverse);
  // Sums in float64, of the gradients of v and of log g.
  const ofV = shifts + 2 * period;
  const ofLogGain = ofV + 2 * period;
  memory.fill(ofV, 0, 4 * period);
  let at: usize = 0;
  for (let left = rows * columns; left > 0; left -= 4) {
    const input = loadPart(x, left);
    const output = loadPart(y, left);
    const dLog = loadPart(dLogSlopes, left);
    const gain = v128.load(gains + at);
    const u = asinh(input);
    const coshV = hypotenuse(output);
    const dV = madd(loadPart(dValue, left), coshV, f32x4.mul(dLog, f32x4.div(output, coshV)));
    const dU = f32x4.mul(dV, gain);
    if (dx != 0) {
      const coshU = hypotenuse(input);
      storePart(dx, f32x4.div(f32x4.sub(dU, f32x4.mul(dLog, f32x4.div(input, coshU))), coshU), left);
      dx += 16;
    }
    accumulate(ofV + 2 * at, dV);
    accumulate(ofLogGain + 2 * at, madd(dU, u, dLog));
    x += 16;
    y += 16;
    dValue += 16;
    dLogSlopes += 16;
    at = at + 16 == period ? 0 : at + 16;
  }
  for (let j: usize = 0; j < <usize>columns; j++) {
    const sumV = sumOfRows(ofV + (j << 3), columns);
    const sumLogGain = sumOfRows(ofLogGain + (j << 3), columns);
    const gain = <f64>load<f32>(gains + (j << 2));
    const shift = <f64>load<f32>(shifts + (j << 2));
    if (dSkewness != 0) store<f32>(dSkewness + (j << 2), <f32>(inverse ? -sumV : gain * sumV));
    if (dLogTailWeight != 0) {
      store<f32>(dLogTailWeight + (j << 2), <f32>(inverse ? -sumLogGain : sumLogGain + shift * sumV));
    }
  }
}

/** The numbers g, s and log g of four rows. */
function prepare(
  skewness: usize, logTailWeight: usize, gains: usize, shifts: usize, logGains: usize, columns: i32, inverse: bool,
): void {
  for (let left = columns, at: usize = 0; left > 0; left -= 4, at += 16) {
    const raw = loadPart(logTailWeight + at, left);
    const epsilon = loadPart(skewness + at, left);
    const logGain = inverse ? f32x4.neg(raw) : raw;
    const gain = exp(logGain);
    storePart(gains + at, gain, left);
    storePart(shifts + at, inverse ? f32x4.neg(epsilon) : f32x4.mul(gain, epsilon), left);
    storePart(logGains + at, logGain, left);
  }
  const row = <usize>columns << 2;
  for (let k: usize = 1; k < 4; k++) {
    memory.copy(gains + k * row, gains, row);
    memory.copy(shifts + k * row, shifts, row);
    memory.copy(logGains + k * row, logGains, row);
  }
}

/** Adds four numbers to sums in float64. */
@inline
function accumulate(sums: usize, values: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), lowPair(values)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), highPair(values)), 16);
}

/** The sum of a column over four rows in float64. */
@inline
function sumOfRows(at: usize, columns: i32): f64 {
  const row = <usize>columns << 3;
  return load<f64>(at) + load<f64>(at + row) + load<f64>(at + 2 * row) + load<f64>(at + 3 * row);
}
