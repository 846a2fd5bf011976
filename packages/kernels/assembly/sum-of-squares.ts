import { logOfPair } from "./parts/double-maths";
import { loadPair, storePair } from "./parts/element-pairs";
import { madd2 } from "./parts/vector-maths";

// The map y = shift + slope·x + scale·unit·∫₀ᵗ mean of squares, t = x/unit, of two elements at a time in float64, with K
// polynomials Σ a tⁱ of degree L. It goes on outside [−bound, bound] in straight lines. Parameters of an element are K·(L + 1)
// coefficients, to the first ones of which constants are added, and the shift, `apart` numbers from one element to the next.

const LARGEST: f64 = 3.4028234663852886e38;

/** y `[count]` and log dy/dx of x. The scratch has 4 numbers for each of `K·(L + 1) + 2·L + 1` pairs. */
export function sumOfSquaresForward(
  x: usize, parameters: usize, y: usize, logDet: usize, count: i32, apart: i32, polynomials: i32, degree: i32,
  bound: f64, unit: f64, scale: f64, slope: f64, spread: bool, scratch: usize,
): void {
  const stride = <usize>apart << 2;
  const shiftAt = <usize>(polynomials * (degree + 1)) << 2;
  const gain = scale / <f64>polynomials;
  for (let left = count; left > 0; left -= 2, x += 8, parameters += 2 * stride, y += 8, logDet += 8) {
    const second: usize = left > 1 ? 4 : 0;
    const next = left > 1 ? parameters + stride : parameters;
    const input = loadPair(x, x + second);
    const inside = clip(input, bound);
    const t = f64x2.mul(inside, f64x2.splat(1 / unit));
    loadCoefficients(parameters, next, polynomials, degree, spread, scratch);
    const total = madd2(sumOfSquaredValues(scratch, polynomials, degree, t), f64x2.splat(gain), f64x2.splat(slope));
    const integral = f64x2.mul(integralOfSquares(scratch, polynomials, degree, t), f64x2.splat(gain * unit));
    let value = madd2(inside, f64x2.splat(slope), f64x2.add(integral, loadPair(parameters + shiftAt, next + shiftAt)));
    value = madd2(f64x2.sub(clip(input, LARGEST), inside), total, value);
    // At ±∞ no slope changes the value.
    const isBounded = f64x2.ne(f64x2.abs(input), f64x2.splat(Infinity));
    storePair(y, y + second, v128.bitselect(value, madd2(value, f64x2.splat(0), input), isBounded));
    storePair(logDet, logDet + second, logOfPair(total));
  }
}

/**
 * The gradients of x and of the parameters, from the gradients of the two outputs. The parameter gradients are also
 * `apart` numbers apart. The scratch is the same.
 */
export function sumOfSquaresGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize, count: i32, apart: i32,
  polynomials: i32, degree: i32, bound: f64, unit: f64, scale: f64, slope: f64, spread: bool, scratch: usize,
): void {
  const stride = <usize>apart << 2;
  const terms = degree + 1;
  const powers = scratch + (<usize>(polynomials * terms) << 4);
  const gain = scale / <f64>polynomials;
  for (let left = count; left > 0; left -= 2) {
    const second: usize = left > 1 ? 4 : 0;
    const step = left > 1 ? stride : 0;
    const input = loadPair(x, x + second);
    const inside = clip(input, bound);
    const t = f64x2.mul(inside, f64x2.splat(1 / unit));
    loadCoefficients(parameters, parameters + step, polynomials, degree, spread, scratch);
    const total = madd2(sumOfSquaredValues(scratch, polynomials, degree, t), f64x2.splat(gain), f64x2.splat(slope));
    fillIntegrals(powers, degree, t);
    const isBounded = f64x2.ne(f64x2.abs(input), f64x2.splat(Infinity));
    const dOutput = loadPair(dValue, dValue + second);
    const dY = v128.and(dOutput, isBounded);
    const perTotal = f64x2.div(loadPair(dLogDet, dLogDet + second), total);
    const beyond = f64x2.sub(clip(input, LARGEST), inside);
    const ofIntegral = f64x2.mul(dY, f64x2.splat(2 * gain * unit));
    const ofValue = f64x2.mul(madd2(dY, beyond, perTotal), f64x2.splat(2 * gain));
    let bend = f64x2.splat(0);
    let to = dParameters;
    for (let k = 0, row = scratch; k < polynomials; k++, row += <usize>terms << 4) {
      // The polynomial and its derivative.
      let value = v128.load(row + (<usize>degree << 4));
      let derivative = f64x2.splat(0);
      for (let i = degree - 1; i >= 0; i--) {
        derivative = madd2(derivative, t, value);
        value = madd2(value, t, v128.load(row + (<usize>i << 4)));
      }
      bend = madd2(value, derivative, bend);
      let ofTerm = f64x2.mul(ofValue, value);
      for (let i = 0; i < terms; i++, to += 4) {
        let sum = f64x2.splat(0);
        for (let j: usize = 0, at = powers + (<usize>i << 4); j < <usize>terms; j++, at += 16) {
          sum = madd2(v128.load(row + (j << 4)), v128.load(at), sum);
        }
        storePair(to, to + step, madd2(ofIntegral, sum, ofTerm));
        ofTerm = f64x2.mul(ofTerm, t);
      }
    }
    storePair(to, to + step, dY);
    const isInside = f64x2.le(f64x2.abs(input), f64x2.splat(bound));
    const ofBend = v128.and(f64x2.mul(f64x2.mul(perTotal, bend), f64x2.splat((2 * gain) / unit)), isInside);
    storePair(dx, dx + second, v128.bitselect(madd2(dY, total, ofBend), dOutput, isBounded));
    x += 8;
    dx += 8;
    dValue += 8;
    dLogDet += 8;
    parameters += 2 * stride;
    dParameters += 2 * stride;
  }
}

/** x limited to [−bound, bound]; NaN stays NaN. */
@inline
function clip(x: v128, bound: f64): v128 {
  return f64x2.pmin(f64x2.pmax(x, f64x2.splat(-bound)), f64x2.splat(bound));
}

/** The coefficients of two elements with their constants. */
function loadCoefficients(
  first: usize, second: usize, polynomials: i32, degree: i32, spread: bool, to: usize,
): void {
  for (let k = 0; k < polynomials; k++) {
    const constant = spread ? Math.sqrt(<f64>(2 * (k + 1)) / <f64>(polynomials + 1)) : 1;
    for (let i = 0; i <= degree; i++, first += 4, second += 4, to += 16) {
      const raw = loadPair(first, second);
      v128.store(to, i == 0 ? f64x2.add(raw, f64x2.splat(constant)) : raw);
    }
  }
}

function sumOfSquaredValues(coefficients: usize, polynomials: i32, degree: i32, t: v128): v128 {
  let sum = f64x2.splat(0);
  for (let k = 0; k < polynomials; k++, coefficients += <usize>(degree + 1) << 4) {
    let value = v128.load(coefficients + (<usize>degree << 4));
    for (let i = degree - 1; i >= 0; i--) value = madd2(value, t, v128.load(coefficients + (<usize>i << 4)));
    sum = madd2(value, value, sum);
  }
  return sum;
}

/** The integral of the squares from 0 to t. */
function integralOfSquares(coefficients: usize, polynomials: i32, degree: i32, t: v128): v128 {
  let sum = f64x2.splat(0);
  for (let n = 2 * degree; n >= 0; n--) {
    // The coefficient of tⁿ: each product of two different coefficients comes twice.
    let twice = f64x2.splat(0);
    let square = f64x2.splat(0);
    for (let k = 0, row = coefficients; k < polynomials; k++, row += <usize>(degree + 1) << 4) {
      for (let i = max(0, n - degree); 2 * i < n; i++) {
        twice = madd2(v128.load(row + (<usize>i << 4)), v128.load(row + (<usize>(n - i) << 4)), twice);
      }
      if ((n & 1) == 0) {
        const middle = v128.load(row + (<usize>n << 3));
        square = madd2(middle, middle, square);
      }
    }
    const coefficient = f64x2.mul(f64x2.add(f64x2.add(twice, twice), square), f64x2.splat(1 / <f64>(n + 1)));
    sum = madd2(sum, t, coefficient);
  }
  return f64x2.mul(sum, t);
}

/** The integrals of tⁿ from 0 to t, n up to 2L. */
function fillIntegrals(to: usize, degree: i32, t: v128): void {
  let power = t;
  for (let n = 1; n <= 2 * degree + 1; n++, to += 16) {
    v128.store(to, f64x2.mul(power, f64x2.splat(1 / <f64>n)));
    power = f64x2.mul(power, t);
  }
}
