import { fromLanes, toLanes } from "./lanes";
import { loadPart, storePart } from "./part";
import { atLeast, atMost, exp, log, madd, nmadd, sigmoid, softplus } from "./vector-maths";

// The rational-quadratic spline (Durkan et al. 2019, arXiv:1906.04032) of four elements at a time. In a bin with the
// lower left corner (x₀, y₀), width w, height h, s = h/w, end slopes d₀ and d₁, θ = (x − x₀)/w, q = θ(1 − θ):
//
//     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
//     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²

/** Smallest width and height of a bin, as a part of the box. */
const MIN_BIN: f32 = 1e-3;

/** Smallest slope at a knot. */
const MIN_SLOPE: f32 = 1e-3;

/** `softplus(SLOPE_OFFSET) = 1 − MIN_SLOPE`: a raw slope of 0 is the slope 1. */
const SLOPE_OFFSET: f32 = 0.5397424;

// The scratch: what locate leaves there, then the parameters in lanes, then their gradients in lanes.
const BIN: usize = 0;
const WIDTH: usize = 16;
const HEIGHT: usize = 32;
const SLOPE0: usize = 48;
const SLOPE1: usize = 64;
const RAW_SLOPE0: usize = 80;
const RAW_SLOPE1: usize = 96;
const THETA: usize = 112;
/** What the bins below add up to: of the side that is not searched, in its units. */
const BELOW: usize = 128;
/** Softmax of the bin and the sum of those below, of the widths and of the heights. */
const WEIGHT_P: usize = 144;
const WEIGHT_Q: usize = 160;
const SUM_P: usize = 176;
const SUM_Q: usize = 192;
/** What turns e^(raw − max) into the softmax. */
const SCALE_P: usize = 208;
const SCALE_Q: usize = 224;
const LANES: usize = 240;

/**
 * `y, log dy/dx` of `count` numbers x, or with `inverse` x of y; parameters `[count, 3·bins − 1]`. Scratch holds
 * `60 + 8·(3·bins − 1)` numbers.
 */
export function splineForward(
  x: usize, parameters: usize, y: usize, logDet: usize,
  count: i32, bins: i32, bound: f32, inverse: bool, scratch: usize,
): void {
  const size = 3 * bins - 1;
  for (let i = 0; i < count; i += 4) {
    const rows = min(4, count - i);
    const at = <usize>i << 2;
    const input = loadPart(x + at, rows);
    toLanes(parameters + at * size, size, rows, scratch + LANES);
    locate(input, bins, bound, inverse, scratch);
    const width = v128.load(scratch, WIDTH);
    const height = v128.load(scratch, HEIGHT);
    const slope0 = v128.load(scratch, SLOPE0);
    const slope1 = v128.load(scratch, SLOPE1);
    const theta = v128.load(scratch, THETA);
    const start = f32x4.sub(v128.load(scratch, BELOW), f32x4.splat(bound));
    const s = f32x4.div(height, width);
    const rest = f32x4.sub(f32x4.splat(1), theta);
    const cross = f32x4.mul(theta, rest);
    const squared = f32x4.mul(theta, theta);
    const d = madd(curvatureOf(slope0, slope1, s), cross, s);
    const m = slopeNumerator(slope0, slope1, s, cross, squared, rest);
    const ratio = f32x4.div(s, d);
    // In this order nothing overflows that has not before.
    const logSlope = log(f32x4.mul(f32x4.mul(ratio, m), ratio));
    // NaN is not outside: it goes through the spline and stays NaN.
    const outside = f32x4.gt(f32x4.abs(input), f32x4.splat(bound));
    let value: v128;
    let logOfSlope = logSlope;
    if (inverse) {
      value = madd(width, theta, start);
      logOfSlope = f32x4.neg(logSlope);
    } else {
      const n = madd(slope0, cross, f32x4.mul(s, squared));
      value = f32x4.add(start, f32x4.div(f32x4.mul(height, n), d));
    }
    storePart(y + at, v128.bitselect(input, value, outside), rows);
    storePart(logDet + at, v128.andnot(logOfSlope, outside), rows);
  }
}

/** The gradients of x `[count]` and parameters, from those of the two outputs. Scratch as in {@link splineForward}. */
export function splineGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize,
  count: i32, bins: i32, bound: f32, inverse: bool, scratch: usize,
): void {
  const size = 3 * bins - 1;
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const gradients = scratch + LANES + (<usize>size << 4);
  for (let i = 0; i < count; i += 4) {
    const rows = min(4, count - i);
    const at = <usize>i << 2;
    const input = loadPart(x + at, rows);
    toLanes(parameters + at * size, size, rows, scratch + LANES);
    locate(input, bins, bound, inverse, scratch);
    const outside = f32x4.gt(f32x4.abs(input), f32x4.splat(bound));
    const ofValue = loadPart(dValue + at, rows);
    const ofLogDet = loadPart(dLogDet + at, rows);
    const width = v128.load(scratch, WIDTH);
    const height = v128.load(scratch, HEIGHT);
    const slope0 = v128.load(scratch, SLOPE0);
    const slope1 = v128.load(scratch, SLOPE1);
    const theta = v128.load(scratch, THETA);
    const s = f32x4.div(height, width);
    const curvature = curvatureOf(slope0, slope1, s);
    const rest = f32x4.sub(one, theta);
    const cross = f32x4.mul(theta, rest);
    const squared = f32x4.mul(theta, theta);
    const n = madd(slope0, cross, f32x4.mul(s, squared));
    const d = madd(curvature, cross, s);
    const m = slopeNumerator(slope0, slope1, s, cross, squared, rest);
    const overD = f32x4.div(one, d);
    const overM = f32x4.div(one, m);
    const overWidth = f32x4.div(one, width);
    const tilt = nmadd(two, theta, one);
    const twice = nmadd(two, cross, one);
    const h = f32x4.mul(f32x4.mul(height, overD), overD);
    // Partial derivatives of y and of log dy/dx by θ, s, d₀ and d₁, each alone.
    const yTheta = f32x4.mul(f32x4.mul(h, s), m);
    const rise = nmadd(slope0, rest, madd(slope1, theta, f32x4.mul(s, tilt)));
    const bend = f32x4.mul(f32x4.mul(curvature, tilt), overD);
    const lTheta = f32x4.mul(two, f32x4.sub(f32x4.mul(rise, overM), bend));
    const yS = f32x4.mul(h, nmadd(n, twice, f32x4.mul(squared, d)));
    const lS = f32x4.mul(
      two, f32x4.add(f32x4.div(one, s), f32x4.sub(f32x4.mul(cross, overM), f32x4.mul(twice, overD))),
    );
    const crossOverD = f32x4.mul(f32x4.mul(two, cross), overD);
    const y0 = f32x4.mul(f32x4.mul(h, cross), f32x4.sub(d, n));
    const l0 = f32x4.sub(f32x4.mul(f32x4.mul(rest, rest), overM), crossOverD);
    const y1 = f32x4.neg(f32x4.mul(f32x4.mul(h, cross), n));
    const l1 = f32x4.sub(f32x4.mul(squared, overM), crossOverD);

    let dY: v128, dInput: v128, dLeft: v128, dBottom: v128, dWidth: v128, dLog: v128;
    if (inverse) {
      // θ is given implicitly by y(θ) = input.
      dLog = f32x4.neg(ofLogDet);
      dY = f32x4.neg(f32x4.div(madd(ofValue, width, f32x4.mul(dLog, lTheta)), yTheta));
      dInput = f32x4.neg(dY);
      dLeft = ofValue;
      dBottom = dY;
      dWidth = f32x4.mul(ofValue, theta);
    } else {
      dLog = ofLogDet;
      dY = ofValue;
      dInput = f32x4.mul(madd(ofValue, yTheta, f32x4.mul(dLog, lTheta)), overWidth);
      dLeft = f32x4.neg(dInput);
      dBottom = ofValue;
      dWidth = f32x4.mul(theta, dLeft);
    }
    const dS = f32x4.mul(madd(dY, yS, f32x4.mul(dLog, lS)), overWidth);
    dWidth = v128.andnot(nmadd(dS, s, dWidth), outside);
    const dHeight = v128.andnot(madd(f32x4.mul(dY, n), overD, dS), outside);
    dLeft = v128.andnot(dLeft, outside);
    dBottom = v128.andnot(dBottom, outside);
    const dSlope0 = v128.andnot(madd(dY, y0, f32x4.mul(dLog, l0)), outside);
    const dSlope1 = v128.andnot(madd(dY, y1, f32x4.mul(dLog, l1)), outside);
    storePart(dx + at, v128.bitselect(ofValue, dInput, outside), rows);

    const bin = v128.load(scratch, BIN);
    const weights = scratch + LANES;
    softmaxGradient(
      weights, bin, bins, bound, dLeft, dWidth,
      v128.load(scratch, SCALE_P), v128.load(scratch, SUM_P), v128.load(scratch, WEIGHT_P), gradients,
    );
    softmaxGradient(
      weights + (<usize>bins << 4), bin, bins, bound, dBottom, dHeight,
      v128.load(scratch, SCALE_Q), v128.load(scratch, SUM_Q), v128.load(scratch, WEIGHT_Q),
      gradients + (<usize>bins << 4),
    );
    const offset = f32x4.splat(SLOPE_OFFSET);
    const raw0 = f32x4.mul(dSlope0, sigmoid(f32x4.add(v128.load(scratch, RAW_SLOPE0), offset)));
    const raw1 = f32x4.mul(dSlope1, sigmoid(f32x4.add(v128.load(scratch, RAW_SLOPE1), offset)));
    let to = gradients + (<usize>bins << 5);
    // Knot k lies between the bins k − 1 and k.
    for (let k = 1; k < bins; k++, to += 16) {
      const ofRight = v128.and(raw0, i32x4.eq(bin, i32x4.splat(k)));
      v128.store(to, v128.or(ofRight, v128.and(raw1, i32x4.eq(bin, i32x4.splat(k - 1)))));
    }
    fromLanes(gradients, size, rows, dParameters + at * size);
  }
}

@inline
function curvatureOf(slope0: v128, slope1: v128, s: v128): v128 {
  return f32x4.sub(f32x4.add(slope0, slope1), f32x4.add(s, s));
}

@inline
function slopeNumerator(slope0: v128, slope1: v128, s: v128, cross: v128, squared: v128, rest: v128): v128 {
  const middle = madd(f32x4.add(s, s), cross, f32x4.mul(slope1, squared));
  return madd(f32x4.mul(slope0, rest), rest, middle);
}

/** Finds the bin of four inputs and leaves it, with θ, in the scratch. */
function locate(input: v128, bins: i32, bound: f32, inverse: bool, scratch: usize): void {
  const p = scratch + LANES;
  const q = p + (<usize>bins << 4);
  const slopes = q + (<usize>bins << 4);
  const box = <f32>2 * bound;
  const free = f32x4.splat(box * (<f32>1 - MIN_BIN * <f32>bins));
  const least = f32x4.splat(box * MIN_BIN);
  const scaleP = softmax(p, bins);
  const scaleQ = softmax(q, bins);
  const freeP = f32x4.mul(free, scaleP);
  const freeQ = f32x4.mul(free, scaleQ);
  const searched = inverse ? q : p;
  const freeSearched = inverse ? freeQ : freeP;
  const other = inverse ? p : q;
  // What is left of the way from the left end of the box to the input: bin after bin is taken off while it is not
  // negative. It shrinks, so that it is known to a part of itself and not of the box.
  let way = f32x4.add(atMost(atLeast(input, -bound), bound), f32x4.splat(bound));
  let inBin = way;
  let bin = i32x4.splat(0);
  let weight = v128.load(searched);
  let weightOther = v128.load(other);
  let sum = f32x4.splat(0);
  let sumOther = sum;
  let raw0 = sum;
  let raw1 = bins > 1 ? v128.load(slopes) : sum;
  let at: usize = 0;
  for (let k = 1; k < bins; k++) {
    const here = v128.load(searched + at);
    const hereOther = v128.load(other + at);
    way = f32x4.sub(way, madd(freeSearched, here, least));
    const passed = f32x4.ge(way, f32x4.splat(0));
    inBin = v128.bitselect(way, inBin, passed);
    bin = i32x4.sub(bin, passed);
    sum = f32x4.add(sum, v128.and(here, passed));
    sumOther = f32x4.add(sumOther, v128.and(hereOther, passed));
    raw0 = v128.bitselect(v128.load(slopes + at), raw0, passed);
    at += 16;
    weight = v128.bitselect(v128.load(searched + at), weight, passed);
    weightOther = v128.bitselect(v128.load(other + at), weightOther, passed);
    if (k + 1 < bins) raw1 = v128.bitselect(v128.load(slopes + at), raw1, passed);
  }
  const one = f32x4.splat(1);
  const offset = f32x4.splat(SLOPE_OFFSET);
  const minSlope = f32x4.splat(MIN_SLOPE);
  const slope0 = v128.bitselect(
    one, f32x4.add(minSlope, softplus(f32x4.add(raw0, offset))), i32x4.eq(bin, i32x4.splat(0)),
  );
  const slope1 = v128.bitselect(
    one, f32x4.add(minSlope, softplus(f32x4.add(raw1, offset))), i32x4.eq(bin, i32x4.splat(bins - 1)),
  );
  const weightP = inverse ? weightOther : weight;
  const weightQ = inverse ? weight : weightOther;
  const width = madd(freeP, weightP, least);
  const height = madd(freeQ, weightQ, least);
  let theta: v128;
  if (inverse) {
    const s = f32x4.div(height, width);
    const bend = f32x4.mul(inBin, curvatureOf(slope0, slope1, s));
    const a = madd(height, f32x4.sub(s, slope0), bend);
    const b = f32x4.sub(f32x4.mul(height, slope0), bend);
    const c = f32x4.mul(s, inBin);
    const discriminant = atLeast(madd(f32x4.mul(f32x4.splat(4), a), c, f32x4.mul(b, b)), 0);
    const root = f32x4.sqrt(discriminant);
    // Of the two forms of the same root the one that does not subtract: the first stays finite when a is 0, the second
    // is for b < 0, when a is not 0.
    const direct = f32x4.ge(b, f32x4.splat(0));
    theta = f32x4.div(
      v128.bitselect(f32x4.add(c, c), f32x4.sub(root, b), direct),
      v128.bitselect(f32x4.add(b, root), f32x4.add(a, a), direct),
    );
  } else {
    theta = f32x4.div(inBin, width);
  }
  v128.store(scratch, bin, BIN);
  v128.store(scratch, width, WIDTH);
  v128.store(scratch, height, HEIGHT);
  v128.store(scratch, slope0, SLOPE0);
  v128.store(scratch, slope1, SLOPE1);
  v128.store(scratch, raw0, RAW_SLOPE0);
  v128.store(scratch, raw1, RAW_SLOPE1);
  v128.store(scratch, atMost(atLeast(theta, 0), 1), THETA);
  const count = f32x4.convert_i32x4_s(bin);
  const freeOther = inverse ? freeP : freeQ;
  v128.store(scratch, madd(freeOther, sumOther, f32x4.mul(count, least)), BELOW);
  v128.store(scratch, weightP, WEIGHT_P);
  v128.store(scratch, weightQ, WEIGHT_Q);
  v128.store(scratch, inverse ? sumOther : sum, SUM_P);
  v128.store(scratch, inverse ? sum : sumOther, SUM_Q);
  v128.store(scratch, scaleP, SCALE_P);
  v128.store(scratch, scaleQ, SCALE_Q);
}

/** Replaces raw numbers by e^(raw − max) and returns what turns these into the softmax. */
function softmax(at: usize, count: i32): v128 {
  const end = at + (<usize>count << 4);
  let peak = v128.load(at);
  for (let i = at + 16; i < end; i += 16) peak = f32x4.pmax(peak, v128.load(i));
  let sum = f32x4.splat(0);
  for (let i = at; i < end; i += 16) {
    const weight = exp(f32x4.sub(v128.load(i), peak));
    sum = f32x4.add(sum, weight);
    v128.store(i, weight);
  }
  return f32x4.div(f32x4.splat(1), sum);
}

/** The gradients of the raw numbers, when that of the bin is `dHere`, of each one below `dBelow`, and of others 0. */
function softmaxGradient(
  weights: usize, bin: v128, bins: i32, bound: f32, dBelow: v128, dHere: v128,
  scale: v128, below: v128, here: v128, to: usize,
): void {
  const mean = f32x4.mul(scale, madd(dBelow, below, f32x4.mul(dHere, here)));
  const factor = f32x4.mul(scale, f32x4.splat(<f32>2 * bound * (<f32>1 - MIN_BIN * <f32>bins)));
  for (let k = 0; k < bins; k++, weights += 16, to += 16) {
    const place = i32x4.splat(k);
    const gradient = v128.or(
      v128.and(dBelow, i32x4.gt_s(bin, place)), v128.and(dHere, i32x4.eq(bin, place)),
    );
    v128.store(to, f32x4.mul(f32x4.mul(factor, v128.load(weights)), f32x4.sub(gradient, mean)));
  }
}
