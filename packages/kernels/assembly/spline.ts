import { storePart } from "./parts/part";
import { differentiate, factors, passToBins, passToSlopes } from "./parts/spline-gradients";
import { locate } from "./parts/spline-locate";
import { Bins, BLOCK, formIn, foundBytes, foundIn, HIGH, LOW, Place, Result, setForm } from "./parts/spline-memory";
import { endOf, highMask, lowMask, outsideOf, tailSlopeOf } from "./parts/spline-place";
import { four, highPair, logOfPairs, lowPair } from "./parts/vector-maths";

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

/**
 * `y, log dy/dx` of `count` numbers x, or with `inverse` x of y. Each number has `3·bins − 1` parameters, two more with
 * `linear`; the parameters of consecutive elements are `apart` numbers apart. The scratch has `960 + 128·bins` numbers.
 * Unless `saved` is 0, it has `128 + 8·bins` numbers for each four elements, and receives intermediate results for
 * {@link splineGradient}.
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
 * The gradients of x `[count]` and of the parameters, from the gradients of the two outputs. The parameter gradients
 * are also `apart` numbers apart. Scratch and `saved` are as in {@link splineForward}, for the same x and parameters.
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

/** Writes `y, log dy/dx` of elements after the traversal of their bins. */
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

/** Sets the value and the slope for elements of a pair on a linear tail. */
@inline
function followTail(pair: Place, result: Result, input: v128, outside: v128, bound: f64, inverse: bool): void {
  const slope = tailSlopeOf(pair, input);
  const end = endOf(input, bound);
  const beyond = f64x2.sub(input, end);
  const tail = f64x2.add(end, inverse ? f64x2.div(beyond, slope) : f64x2.mul(beyond, slope));
  result.value = v128.bitselect(tail, result.value, outside);
  result.slope = v128.bitselect(slope, result.slope, outside);
}
