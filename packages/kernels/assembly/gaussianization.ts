import { expOfPair, logOfPair, millsRatioOfPair, tanhOfPair } from "./parts/double-maths";
import { loadPair, storePair } from "./parts/element-pairs";
import { madd2, nmadd2 } from "./parts/vector-maths";

// The map y = Φ⁻¹(Σ w Φ(z)), z = e^a·x + b, of two elements at a time in float64. Parameters of an element are K shifts, K
// log-scales and, where `learned`, K logits, `apart` numbers from one element to the next. The two are of one column, whose
// parameters are often the same in all rows: what follows from them is found once.
//
// Nothing saturates: of both tails of the mixture the smaller one counts. With the Mills ratio m(u) = (1 − Φ(u))/φ(u) it is a
// sum of w φ(z) m(|z|) over the components that have x in this tail too, which is taken relative to the largest w φ(z), and of
// w (1 − φ(z) m(|z|)) over those that have it in the other one.

/** Size in bytes of the record of a component: 8 pairs. The constants are byte offsets. */
const RECORD: usize = 128;
/** e^a. */
const SCALE: usize = 0;
/** w. */
const WEIGHT: usize = 16;
const LOG_WEIGHT: usize = 32;
const Z: usize = 48;
/** log w − ½ z², and later `DENSITY`·m(|z|)/√(2π). */
const EXPONENT: usize = 64;
const TAIL: usize = 64;
/** The derivative of a by its raw number. */
const SLOPE: usize = 80;
/** By the log-weight: the gradient. */
const OF_WEIGHT: usize = 96;
/** w φ(z)·√(2π), relative to the largest. */
const DENSITY: usize = 112;

/** Size in bytes of the results of the passes over the components, stored before the records: 9 pairs. */
const HEAD: usize = 144;
/** All bits where the lower tail is the smaller one. */
const IS_LOWER: usize = 0;
/** The smaller tail and its logarithm, both divided by the unit that keeps the first one in range, and the log of the unit. */
const TAIL_SUM: usize = 16;
const LOG_TAIL: usize = 32;
/** Factor of the relative sums of tails for that unit. */
const UNIT: usize = 48;
/** The sum of `DENSITY`·e^a, which is the density of the mixture but for factors. */
const DENSITY_SUM: usize = 64;
/** |y| and its Mills ratio. */
const SIZE: usize = 80;
const MILLS: usize = 96;
/** log dy/dx. */
const LOG_SLOPE: usize = 112;
/** x within the range of float32. */
const INPUT: usize = 128;

/** The smallest logarithm of a weight, relative to the largest one: below it products with tails would underflow. */
const LEAST: f64 = -600;
const PER_ROOT_TWO_PI: f64 = 0.3989422804014327;
const HALF_LOG_TWO_PI: f64 = 0.9189385332046727;
const LARGEST: f64 = 3.4028234663852886e38;

/** y `[count]` and log dy/dx of x. The scratch has 32 numbers for each component, and 36 more. */
export function gaussianizationForward(
  x: usize, parameters: usize, y: usize, logDet: usize, count: i32, columns: i32, apart: i32, components: i32,
  learned: bool, limit: f64, spread: f64, epsilon: f64, scratch: usize,
): void {
  const rows = count / columns;
  const stride = <usize>apart << 2;
  const wide = <usize>columns << 2;
  const own = <usize>((learned ? 3 : 2) * components) << 2;
  for (let column: usize = 0; column < <usize>columns; column++) {
    let at = column << 2;
    let first = parameters + column * stride;
    let isKnown = false;
    for (let left = rows; left > 0; left -= 2, at += 2 * wide, first += 2 * stride * <usize>columns) {
      const second: usize = left > 1 ? wide : 0;
      const next = left > 1 ? first + stride * <usize>columns : first;
      const before = (stride * <usize>columns) << 1;
      isKnown = isKnown && left > 1 && isSame(first, first - before, own) && isSame(next, next - before, own);
      const input = loadPair(x + at, x + at + second);
      mixture(input, first, next, isKnown, components, learned, limit, spread, epsilon, scratch);
      isKnown = true;
      const size = v128.load(scratch, SIZE);
      const value = v128.bitselect(f64x2.neg(size), size, v128.load(scratch, IS_LOWER));
      const isBounded = f64x2.ne(f64x2.abs(input), f64x2.splat(Infinity));
      storePair(y + at, y + at + second, v128.bitselect(value, madd2(value, f64x2.splat(0), input), isBounded));
      storePair(logDet + at, logDet + at + second, v128.load(scratch, LOG_SLOPE));
    }
  }
}

/**
 * The gradients of x and of the parameters, from the gradients of the two outputs. The parameter gradients are also
 * `apart` numbers apart. The scratch is the same.
 */
export function gaussianizationGradient(
  x: usize, parameters: usize, dValue: usize, dLogDet: usize, dx: usize, dParameters: usize, count: i32, columns: i32,
  apart: i32, components: i32, learned: bool, limit: f64, spread: f64, epsilon: f64, scratch: usize,
): void {
  const rows = count / columns;
  const stride = <usize>apart << 2;
  const wide = <usize>columns << 2;
  const part = <usize>components << 2;
  const own = part * <usize>(learned ? 3 : 2);
  const apartRows = stride * <usize>columns;
  for (let column: usize = 0; column < <usize>columns; column++) {
    let at = column << 2;
    let place = column * stride;
    let isKnown = false;
    for (let left = rows; left > 0; left -= 2, at += 2 * wide, place += 2 * apartRows) {
    const second: usize = left > 1 ? wide : 0;
    const step = left > 1 ? apartRows : 0;
    const first = parameters + place;
    isKnown =
      isKnown && left > 1 && isSame(first, first - 2 * apartRows, own) && isSame(first + step, first - apartRows, own);
    mixture(
      loadPair(x + at, x + at + second), first, first + step, isKnown, components, learned, limit, spread, epsilon, scratch,
    );
    isKnown = true;
    const input = v128.load(scratch, INPUT);
    const isLower = v128.load(scratch, IS_LOWER);
    const unit = v128.load(scratch, UNIT);
    const size = v128.load(scratch, SIZE);
    const dLog = loadPair(dLogDet + at, dLogDet + at + second);
    // log dy/dx has −log φ(y) in it, so that y counts there too.
    const signed = v128.bitselect(f64x2.neg(size), size, isLower);
    const dY = madd2(dLog, signed, loadPair(dValue + at, dValue + at + second));
    // By the tail: dy = ±d tail/φ(y) = ±d tail·m(|y|)/tail.
    const perTail = f64x2.mul(f64x2.splat(1 - epsilon), f64x2.div(v128.load(scratch, MILLS), v128.load(scratch, TAIL_SUM)));
    const ofShift = f64x2.mul(f64x2.mul(dY, perTail), f64x2.mul(unit, f64x2.splat(PER_ROOT_TWO_PI)));
    const ofTail = f64x2.mul(v128.bitselect(dY, f64x2.neg(dY), isLower), perTail);
    const ofDensity = f64x2.div(dLog, v128.load(scratch, DENSITY_SUM));
    let sumX = f64x2.splat(0);
    let sumWeights = f64x2.splat(0);
    let to = dParameters + place;
    for (let k = 0, record = scratch + HEAD; k < components; k++, record += RECORD, to += 4) {
      const z = v128.load(record, Z);
      const scale = v128.load(record, SCALE);
      const density = v128.load(record, DENSITY);
      // The share of the component in the gradient of the log-density.
      const share = f64x2.mul(f64x2.mul(ofDensity, density), scale);
      const dShift = nmadd2(share, z, f64x2.mul(ofShift, density));
      const dLogScale = madd2(f64x2.mul(dShift, scale), input, share);
      sumX = madd2(dShift, scale, sumX);
      storePair(to, to + step, dShift);
      storePair(to + part, to + part + step, f64x2.mul(dLogScale, v128.load(record, SLOPE)));
      if (!learned) continue;
      const weight = v128.load(record, WEIGHT);
      const near = f64x2.mul(unit, v128.load(record, TAIL));
      const isNear = i64x2.eq(f64x2.lt(z, f64x2.splat(0)), isLower);
      const tail = v128.bitselect(near, f64x2.sub(weight, near), isNear);
      const dWeight = v128.and(madd2(ofTail, tail, share), f64x2.gt(weight, f64x2.splat(1e-260)));
      v128.store(record, dWeight, OF_WEIGHT);
      sumWeights = f64x2.add(sumWeights, dWeight);
    }
    storePair(dx + at, dx + at + second, sumX);
    if (learned) {
      to = dParameters + place + 2 * part;
      for (let k = 0, record = scratch + HEAD; k < components; k++, record += RECORD, to += 4) {
        storePair(to, to + step, nmadd2(v128.load(record, WEIGHT), sumWeights, v128.load(record, OF_WEIGHT)));
      }
    }
    }
  }
}

/** `true` if `size` bytes at two addresses are equal; `size` is a multiple of 4. */
@inline
function isSame(a: usize, b: usize, size: usize): bool {
  let i: usize = 0;
  for (; i + 16 <= size; i += 16) if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  for (; i < size; i += 4) if (load<u32>(a + i) != load<u32>(b + i)) return false;
  return true;
}

/** Fills the scratch for two elements. */
function mixture(
  input: v128, first: usize, second: usize, isKnown: bool, components: i32, learned: bool, limit: f64, spread: f64,
  epsilon: f64, scratch: usize,
): void {
  const records = scratch + HEAD;
  if (!isKnown) prepare(first, second, records, components, learned, limit, spread);
  // NaN stays NaN.
  const x = f64x2.pmin(f64x2.pmax(input, f64x2.splat(-LARGEST)), f64x2.splat(LARGEST));
  v128.store(scratch, x, INPUT);
  const largest = standardize(x, first, second, records, components, spread);
  const zero = f64x2.splat(0);
  let densities = zero;
  let tailsBelow = zero;
  let tailsAbove = zero;
  let weightsBelow = zero;
  let weightsAbove = zero;
  for (let k = 0, at = records; k < components; k++, at += RECORD) {
    const z = v128.load(at, Z);
    const weight = v128.load(at, WEIGHT);
    const density = expOfPair(f64x2.sub(v128.load(at, EXPONENT), largest));
    const tail = f64x2.mul(f64x2.mul(density, f64x2.splat(PER_ROOT_TWO_PI)), millsRatioOfPair(f64x2.abs(z)));
    v128.store(at, density, DENSITY);
    v128.store(at, tail, TAIL);
    densities = madd2(density, v128.load(at, SCALE), densities);
    const isBelow = f64x2.lt(z, zero);
    tailsBelow = f64x2.add(tailsBelow, v128.and(tail, isBelow));
    weightsBelow = f64x2.add(weightsBelow, v128.and(weight, isBelow));
    tailsAbove = f64x2.add(tailsAbove, v128.andnot(tail, isBelow));
    weightsAbove = f64x2.add(weightsAbove, v128.andnot(weight, isBelow));
  }
  const unit = expOfPair(largest);
  const between = f64x2.mul(unit, f64x2.sub(tailsBelow, tailsAbove));
  const lower = f64x2.add(weightsAbove, between);
  const upper = f64x2.sub(weightsBelow, between);
  const isLower = f64x2.le(lower, upper);
  // Whether all components have x in that tail, which then may be far below what float64 holds.
  const isFar = f64x2.eq(v128.bitselect(weightsAbove, weightsBelow, isLower), zero);
  const far = v128.bitselect(tailsBelow, tailsAbove, isLower);
  const near = v128.bitselect(lower, upper, isLower);
  const all = v128.bitselect(f64x2.mul(far, unit), near, isFar);
  const squeezed = madd2(f64x2.splat(1 - epsilon), all, f64x2.splat(0.5 * epsilon));
  // Not where it is squeezed: then it is not small.
  const isRelative = epsilon > 0 ? zero : isFar;
  const tail = v128.bitselect(far, squeezed, isRelative);
  const logUnit = v128.and(largest, isRelative);
  const ownLogTail = logOfPair(tail);
  const size = quantile(f64x2.add(ownLogTail, logUnit), scratch);
  const mills = v128.load(scratch, MILLS);
  // φ(y) = tail/m(|y|): where the unit is that of the densities, it cancels.
  const logRatio = f64x2.sub(logOfPair(f64x2.mul(densities, mills)), f64x2.add(ownLogTail, f64x2.splat(HALF_LOG_TWO_PI)));
  const logSlope = f64x2.add(f64x2.add(logRatio, logOfPair(f64x2.splat(1 - epsilon))), f64x2.sub(largest, logUnit));
  v128.store(scratch, isLower, IS_LOWER);
  v128.store(scratch, tail, TAIL_SUM);
  v128.store(scratch, v128.bitselect(f64x2.splat(1), unit, isRelative), UNIT);
  v128.store(scratch, densities, DENSITY_SUM);
  v128.store(scratch, size, SIZE);
  v128.store(scratch, logSlope, LOG_SLOPE);
}

/** Computes z and the exponents of the densities of two elements, and returns the largest exponent. */
@inline
function standardize(x: v128, first: usize, second: usize, records: usize, components: i32, spread: f64): v128 {
  const k = <f64>components;
  const gain = f64x2.splat(startGain(components, spread));
  let largest = f64x2.splat(-Infinity);
  for (let i = 0, at = records; i < components; i++, at += RECORD, first += 4, second += 4) {
    const start = f64x2.splat(-spread * (<f64>(2 * i + 1) / k - 1));
    const z = madd2(v128.load(at, SCALE), x, madd2(start, gain, loadPair(first, second)));
    const exponent = nmadd2(f64x2.mul(z, z), f64x2.splat(0.5), v128.load(at, LOG_WEIGHT));
    v128.store(at, z, Z);
    v128.store(at, exponent, EXPONENT);
    largest = f64x2.max(largest, exponent);
  }
  return largest;
}

/** u with `log(1 − Φ(u)) = logTail`, about 0 or above, and its Mills ratio in the scratch. */
function quantile(logTail: v128, scratch: usize): v128 {
  // To 5e-4: Abramowitz and Stegun 1964, 26.2.23. Two of Newton's steps make it 1e-12.
  const t = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), f64x2.min(logTail, f64x2.splat(0))));
  const top = madd2(madd2(f64x2.splat(0.010328), t, f64x2.splat(0.802853)), t, f64x2.splat(2.515517));
  let below = madd2(f64x2.splat(0.001308), t, f64x2.splat(0.189269));
  below = madd2(madd2(below, t, f64x2.splat(1.432788)), t, f64x2.splat(1));
  let u = f64x2.sub(t, f64x2.div(top, below));
  let mills = millsRatioOfPair(u);
  let step = newtonStep(u, mills, logTail);
  u = f64x2.add(u, step);
  mills = millsRatioOfPair(u);
  step = newtonStep(u, mills, logTail);
  // The last step is so short that the derivative, u·m − 1, gives the ratio at its end.
  v128.store(scratch, madd2(step, f64x2.sub(f64x2.mul(u, mills), f64x2.splat(1)), mills), MILLS);
  return f64x2.add(u, step);
}

/** The derivative of `log(1 − Φ(u))` is −1/m(u). */
function newtonStep(u: v128, mills: v128, logTail: v128): v128 {
  const logDensity = nmadd2(f64x2.mul(u, u), f64x2.splat(0.5), f64x2.splat(-HALF_LOG_TWO_PI));
  return f64x2.mul(f64x2.sub(f64x2.add(logDensity, logOfPair(mills)), logTail), mills);
}

/** 1 over the scale of the components with which the whole has variance 1. */
@inline
function startGain(components: i32, spread: f64): f64 {
  const k = <f64>components;
  return 1 / Math.sqrt(1 - (spread * spread * (1 - 1 / (k * k))) / 3);
}

/** Scales, their slopes and weights of two elements. */
function prepare(
  first: usize, second: usize, records: usize, components: i32, learned: bool, limit: f64, spread: f64,
): void {
  const gain = f64x2.splat(startGain(components, spread));
  const own = <usize>components << 2;
  const one = f64x2.splat(1);
  let a = first + own;
  let b = second + own;
  for (let k = 0, at = records; k < components; k++, at += RECORD, a += 4, b += 4) {
    let free = loadPair(a, b);
    let slope = one;
    if (limit > 0) {
      const bounded = tanhOfPair(f64x2.mul(free, f64x2.splat(1 / limit)));
      slope = nmadd2(bounded, bounded, one);
      free = f64x2.mul(bounded, f64x2.splat(limit));
    }
    v128.store(at, f64x2.mul(expOfPair(free), gain), SCALE);
    v128.store(at, slope, SLOPE);
  }
  if (!learned) {
    const weight = f64x2.splat(1 / <f64>components);
    const logWeight = logOfPair(weight);
    for (let k = 0, at = records; k < components; k++, at += RECORD) {
      v128.store(at, weight, WEIGHT);
      v128.store(at, logWeight, LOG_WEIGHT);
    }
    return;
  }
  let largest = f64x2.splat(-Infinity);
  for (let k = 0; k < components; k++) {
    const shift = own + (<usize>k << 2);
    largest = f64x2.max(largest, loadPair(first + own + shift, second + own + shift));
  }
  let sum = f64x2.splat(0);
  for (let k = 0, at = records; k < components; k++, at += RECORD) {
    const shift = own + (<usize>k << 2);
    const logit = f64x2.sub(loadPair(first + own + shift, second + own + shift), largest);
    const limited = f64x2.pmax(logit, f64x2.splat(LEAST));
    const weight = expOfPair(limited);
    v128.store(at, limited, LOG_WEIGHT);
    v128.store(at, weight, WEIGHT);
    sum = f64x2.add(sum, weight);
  }
  const logSum = logOfPair(sum);
  const perSum = f64x2.div(one, sum);
  for (let k = 0, at = records; k < components; k++, at += RECORD) {
    v128.store(at, f64x2.mul(v128.load(at, WEIGHT), perSum), WEIGHT);
    v128.store(at, f64x2.sub(v128.load(at, LOG_WEIGHT), logSum), LOG_WEIGHT);
  }
}
