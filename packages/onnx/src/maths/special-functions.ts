import { type ChebyshevSeries, chebyshevSeries, millsSeries, scaledBessel } from "@pushforward/ops";
import type { GraphBuilder, GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "./maths.ts";

/** The sum of a Chebyshev series at x ≥ 0, by Clenshaw's recurrence. */
function addChebyshevSeries(maths: Maths, { center, coefficients }: ChebyshevSeries, x: GraphValue): GraphValue {
  const t = maths.sub(1, maths.div(2 * center, maths.add(x, center)));
  const twice = maths.mul(t, 2);
  let next = maths.value(0);
  let afterNext = maths.value(0);
  for (const coefficient of coefficients.slice(1).reverse()) {
    [next, afterNext] = [maths.add(maths.sub(maths.mul(twice, next), afterNext), coefficient), next];
  }
  return maths.add(maths.sub(maths.mul(t, next), afterNext), coefficients[0] as number);
}

/** Terms that give ten digits. */
const TERMS = 30;

/** `ln(e^−κ I₀(κ))` for κ ≥ 0, by the Chebyshev series of `√(κ + 1) e^−κ I₀(κ)`, which tends to `1/√(2π)`. */
export function addLogBessel(maths: Maths, kappa: GraphValue): GraphValue {
  const series = chebyshevSeries((x) => Math.sqrt(x + 1) * (scaledBessel(x)[0] as number), TERMS);
  const log = maths.log(addChebyshevSeries(maths, series, kappa));
  return maths.sub(log, maths.div(maths.log(maths.add(kappa, 1)), 2));
}

/** From here on Stirling's series has fourteen digits. */
const LARGE = 10;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/**
 * `ln Γ(x)` for x > 0 in float64, by Stirling's series. Below 10 it evaluates Γ(x + 10) and divides by
 * x(x + 1) … (x + 9).
 */
export function addLogGamma(maths: Maths, x: GraphValue): GraphValue {
  const isLarge = maths.atMost(LARGE, x);
  const small = maths.min(x, LARGE);
  const factors = Array.from({ length: LARGE }, (_, i) => maths.add(small, i));
  const product = factors.reduce((a, b) => maths.mul(a, b));
  const z = maths.where(isLarge, x, maths.add(small, LARGE));
  const inverse = maths.div(1, z);
  const square = maths.mul(inverse, inverse);
  const series = maths.mul(maths.polynomial([-1 / 1188, 1 / 1680, -1 / 1260, 1 / 360, -1 / 12], square), inverse);
  const ofLarge = maths.add(
    maths.mul(maths.sub(z, 0.5), maths.log(z)),
    maths.sub(HALF_LOG_TAU, z),
    maths.unary("Neg", series),
  );
  return maths.sub(ofLarge, maths.where(isLarge, 0, maths.log(product)));
}

/** Terms that give Mills' ratio to twelve digits. */
const MILLS_TERMS = 20;

/** `(1 − Φ(x))/φ(x)` for x ≥ 0, by a Chebyshev series. */
function addMillsRatio(maths: Maths, x: GraphValue): GraphValue {
  return maths.div(addChebyshevSeries(maths, millsSeries(MILLS_TERMS), x), maths.add(x, 1));
}

/** `Φ(x)` in float64, to twelve digits in the lower tail. */
export function addNormalCdf(maths: Maths, x: GraphValue): GraphValue {
  const density = maths.div(maths.exp(maths.div(maths.mul(x, x), -2)), Math.sqrt(2 * Math.PI));
  const tail = maths.mul(density, addMillsRatio(maths, maths.unary("Abs", x)));
  return maths.where(maths.less(0, x), maths.sub(1, tail), tail);
}

// The coefficients of algorithm AS 241 (Wichura 1988), numerators and denominators, the highest powers first.
const MIDDLE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
] as const;
const TAIL = [
  [
    7.745450142783414e-4, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 5.475938084995345e-4, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
] as const;
const FAR_TAIL = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 7.868691311456133e-4, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
] as const;

/** The quantile of the standard normal, in float64; ±∞ at 0 and 1. */
export function addNormalQuantile(maths: Maths, p: GraphValue): GraphValue {
  const ratio = ([above, below]: readonly [readonly number[], readonly number[]], r: GraphValue): GraphValue =>
    maths.div(maths.polynomial(above, r), maths.polynomial(below, r));
  const q = maths.sub(p, 0.5);
  const middle = maths.mul(q, ratio(MIDDLE, maths.sub(0.180625, maths.mul(q, q))));
  const isLow = maths.less(q, 0);
  const tail = maths.where(isLow, p, maths.sub(1, p));
  const r = maths.unary("Sqrt", maths.unary("Neg", maths.log(tail)));
  const isNear = maths.atMost(r, 5);
  const size = maths.where(isNear, ratio(TAIL, maths.sub(r, 1.6)), ratio(FAR_TAIL, maths.sub(r, 5)));
  const end = maths.where(maths.equal(tail, 0), Number.POSITIVE_INFINITY, size);
  const outer = maths.where(isLow, maths.unary("Neg", end), end);
  return maths.where(maths.atMost(maths.unary("Abs", q), 0.425), middle, outer);
}

/** Terms of the series of the sine that give sixteen digits up to a quarter of a turn. */
const COS_TERMS = 12;

/** `1 − cos t = 2 sin²(t/2)` in float64, to its relative precision: a large concentration multiplies it. */
export function addOneMinusCos(maths: Maths, t: GraphValue): GraphValue {
  const turns = maths.unary("Floor", maths.add(maths.div(t, 2 * Math.PI), 0.5));
  const half = maths.div(maths.sub(t, maths.mul(turns, 2 * Math.PI)), 2);
  const coefficients: number[] = [];
  for (let k = 0, factor = 1; k < COS_TERMS; k++) {
    coefficients.unshift(factor);
    factor /= -(2 * k + 2) * (2 * k + 3);
  }
  const sine = maths.mul(half, maths.polynomial(coefficients, maths.mul(half, half)));
  return maths.mul(maths.mul(sine, sine), 2);
}

/** Adds `log Σ exp` of values of equal shape, in float64. −∞ adds zero to the sum, and NaN stays. */
export function addLogSumExp(graph: GraphBuilder, terms: readonly GraphValue[]): GraphValue {
  const [form, ...others] = terms as [GraphValue, ...GraphValue[]];
  if (others.length === 0) return form;
  const peak = graph.node("Max", terms, form);
  // Where the largest is infinite it is the result, and a difference from it would be NaN.
  const size = graph.node("Abs", [peak], form);
  const isInfinite = graph.node("Equal", [size, graph.scalar(Number.POSITIVE_INFINITY, "float64")], {
    shape: form.shape,
    type: "bool",
  });
  const shift = graph.node("Where", [isInfinite, graph.scalar(0, "float64"), peak], form);
  const powers = terms.map((term) => graph.node("Exp", [graph.node("Sub", [term, shift], form)], form));
  const sum = powers.slice(1).reduce((a, b) => graph.node("Add", [a, b], form), powers[0] as GraphValue);
  const log = graph.node("Add", [graph.node("Log", [sum], form), shift], form);
  return graph.node("Where", [isInfinite, peak, log], form);
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/**
 * Width, times the larger of 1 and the distance of the middle from 0, below which the mass is approximated at the
 * middle of the interval. This avoids a loss of digits by subtraction.
 */
const NARROW = 0.02;

/** `log(Φ(high) − Φ(low))` for `low < high` in float64, accurate to nine digits. Either bound may be infinite. */
export function addLogNormalMass(maths: Maths, low: GraphValue, high: GraphValue): GraphValue {
  const width = maths.sub(high, low);
  const middle = maths.div(maths.add(low, high), 2);
  const square = maths.mul(middle, middle);
  const isNarrow = maths.less(maths.mul(width, maths.max(maths.unary("Abs", middle), 1)), NARROW);
  const bend = maths.div(maths.mul(maths.mul(width, width), maths.sub(square, 1)), 24);
  const ofTangent = maths.add(maths.div(square, -2), -HALF_LOG_TWO_PI, maths.log(width), maths.log(maths.add(bend, 1)));
  // In the upper tail both numbers are small, and their difference keeps its digits.
  const isBelow = maths.less(middle, 0);
  const near = logTail(maths, maths.where(isBelow, maths.unary("Neg", high), low));
  const far = logTail(maths, maths.where(isBelow, maths.unary("Neg", low), high));
  const ofTails = maths.add(near, logRest(maths, maths.sub(far, near)));
  return maths.where(isNarrow, ofTangent, ofTails);
}

/** `log P(Z > x)`. */
function logTail(maths: Maths, x: GraphValue): GraphValue {
  const size = maths.unary("Abs", x);
  const density = maths.add(maths.div(maths.mul(x, x), -2), -HALF_LOG_TWO_PI);
  const beyond = maths.add(density, maths.log(addMillsRatio(maths, size)));
  return maths.where(maths.less(x, 0), logRest(maths, beyond), beyond);
}

/** `log(1 − eˡ)`. */
function logRest(maths: Maths, l: GraphValue): GraphValue {
  return maths.log(maths.sub(1, maths.exp(l)));
}
