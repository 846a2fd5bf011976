import type { NormalMixture } from "@pushforward/tables";
import {
  CategoryCoding,
  type NumberCoding,
  type NumberFloorOptions,
  NumberMarginal,
  numberFloor,
  scaledValue,
} from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import { addCount } from "../maths/choices.ts";
import type { Maths } from "../maths/maths.ts";
import { addLogNormalMass, addNormalQuantile } from "../maths/special-functions.ts";
import { addCanOccur } from "./add-can-occur.ts";
import { binRanks, type CodedCells } from "./bin-ranks.ts";

/** The marginal distribution function of a column, and its slope. */
export interface GraphMarginal {
  readonly step: number;
  cdf(x: GraphValue): GraphValue;
  density(x: GraphValue): GraphValue;
  /** F at both bounds of the cell of a value, for a column with a step. */
  cell(x: GraphValue): readonly [low: GraphValue, high: GraphValue];
  /** The value of the column at a number from 0 to 1, on the grid if the column has a grid. */
  value(u: GraphValue): GraphValue;
}

/** Makes the nodes of a `NumberMarginal`. */
export function addMarginal(maths: Maths, marginal: NumberMarginal): GraphMarginal {
  const { knots, cumulative, step, low, high } = marginal;
  const last = knots.length - 1;
  const slopes = slopesOf(knots, cumulative);
  // The piece that a number is on, by the knots between the first and the last.
  const pieceOf = (x: GraphValue): GraphValue => addCount(maths, knots.subarray(1, last), x);
  const cdf = (x: GraphValue): GraphValue => {
    const piece = pieceOf(x);
    const rise = maths.mul(maths.sub(x, maths.lookUp(knots, piece)), maths.lookUp(slopes, piece));
    const inside = maths.add(maths.lookUp(cumulative, piece), rise);
    return maths.where(maths.less(low, x), maths.where(maths.less(x, high), inside, 1), 0);
  };
  const quantile = (u: GraphValue): GraphValue => {
    const piece = addCount(maths, cumulative.subarray(1, last), u);
    const rise = maths.mul(
      maths.sub(u, maths.lookUp(cumulative, piece)),
      maths.lookUp(slopesOf(cumulative, knots), piece),
    );
    const inside = maths.add(maths.lookUp(knots, piece), rise);
    return maths.where(maths.less(0, u), maths.where(maths.less(u, 1), inside, high), low);
  };
  return {
    step,
    cdf,
    density: (x) => {
      const isInside = maths.and(maths.atMost(low, x), maths.atMost(x, high));
      return maths.where(isInside, maths.lookUp(slopes, pieceOf(x)), 0);
    },
    value: (u) => {
      if (step === 0) return addObserved(maths, marginal, quantile(u));
      // Cells begin at the knots' own grid, which the first knot fixes.
      const first = low + step / 2;
      const steps = maths.unary("Floor", maths.add(maths.div(maths.sub(quantile(u), first), step), 0.5));
      return maths.add(maths.mul(maths.clip(steps, 0, Math.round((high - low) / step) - 1), step), first);
    },
    cell: (x) => [cdf(maths.sub(x, step / 2)), cdf(maths.add(x, step / 2))],
  };
}

/** Real numbers, or the observed values whose intervals contain them. */
function addObserved(maths: Maths, { options: { observed } }: NumberMarginal, x: GraphValue): GraphValue {
  const { values = [], width } = observed ?? {};
  if (width === undefined || values.length === 0) return x;
  return addNearest(maths, values, x, width / 2);
}

/** The nearest of some rising values where it is nearer than a distance, and the number itself elsewhere. */
export function addNearest(maths: Maths, values: readonly number[], x: GraphValue, reach: number): GraphValue {
  const middles = values.slice(1).map((value, k) => ((values[k] as number) + value) / 2);
  const nearest = maths.lookUp(values, addCount(maths, middles, x));
  return maths.where(maths.less(maths.unary("Abs", maths.sub(nearest, x)), reach), nearest, x);
}

/** Of the pieces of a function that is linear between knots; 0 where a piece has no width. */
function slopesOf(from: Float64Array, to: Float64Array): Float64Array {
  return Float64Array.from({ length: from.length - 1 }, (_, k) => {
    const width = (from[k + 1] as number) - (from[k] as number);
    return width > 0 ? ((to[k + 1] as number) - (to[k] as number)) / width : 0;
  });
}

type Column = NormalMixture["layout"]["columns"][number];
type Ranks = NonNullable<Column["ranks"]>;

/** Widths up to which a normal is a uniform distribution. */
const NARROW = 1e-3;

/** Values of a column on its normal scale, all `[rows, 1]`. */
export interface ScaledColumn {
  /** `true` if the cell has a value that rows can have. */
  readonly isPresent: GraphValue;
  /** The mean of a standard normal truncated to `low … high`. */
  readonly score: GraphValue;
  readonly low: GraphValue;
  readonly high: GraphValue;
  /**
   * For real numbers: the log-density without the exponent of the standard normal, and a flag for cells with a real
   * number.
   */
  readonly real: { readonly isReal: GraphValue; readonly logScale: GraphValue } | undefined;
}

/** Adds the values of a column with ordered values on their normal scale. */
export function addScaledValue(maths: Maths, { coding, ranks }: Column, { values, cells }: CodedCells): ScaledColumn {
  const code = maths.column(cells, 0);
  if (coding instanceof CategoryCoding) {
    const isKnown = maths.and(maths.atMost(0, code), maths.less(code, coding.categories.length));
    return ofTable(
      maths,
      coding.categories.map((_, k) => k),
      ranks as Ranks,
      code,
      isKnown,
    );
  }
  const numbers = coding as NumberCoding;
  const { atoms, edges, inner } = numbers.options;
  const isAtom = maths.and(maths.atMost(0, code), maths.less(code, atoms.length));
  const ofAtoms = ofTable(maths, atoms, ranks as Ranks, code, isAtom);
  if (inner === undefined || edges.length < 2) return ofAtoms;
  const isInBin = maths.and(maths.atMost(atoms.length, code), maths.less(code, atoms.length + edges.length - 1));
  const ofBins = inBins(maths, numbers, new NumberMarginal(inner), values, isInBin);
  const pick = (key: "score" | "low" | "high"): GraphValue => maths.where(isAtom, ofAtoms[key], ofBins[key]);
  const { real } = ofBins;
  return {
    isPresent: maths.or(ofAtoms.isPresent, ofBins.isPresent),
    ...{ score: pick("score"), low: pick("low"), high: pick("high") },
    real: real && { isReal: maths.and(real.isReal, maths.not(isAtom)), logScale: real.logScale },
  };
}

/** Values that each have a mass. */
function ofTable(
  maths: Maths,
  values: readonly number[],
  ranks: Ranks,
  code: GraphValue,
  isKnown: GraphValue,
): ScaledColumn {
  const none = maths.fill(0, code);
  if (values.length === 0) return { isPresent: isKnown, score: none, low: none, high: none, real: undefined };
  const scaled = values.map((value) => scaledValue(ranks, value, "new"));
  const place = maths.graph.cast(maths.where(isKnown, code, 0), "int64");
  const column = (key: "score" | "low" | "high"): GraphValue =>
    maths.lookUp(
      scaled.map((one) => one?.[key] ?? 0),
      place,
    );
  const isThere = maths.lookUp(
    scaled.map((one) => (one === undefined ? 0 : 1)),
    place,
  );
  return {
    isPresent: maths.and(isKnown, maths.less(0, isThere)),
    ...{ score: column("score"), low: column("low"), high: column("high") },
    real: undefined,
  };
}

/** Values of bins, between atoms with masses of their own. */
function inBins(
  maths: Maths,
  coding: NumberCoding,
  inner: NumberMarginal,
  x: GraphValue,
  isInBin: GraphValue,
): ScaledColumn {
  const { atoms, edges } = coding.options;
  const bins = edges.length - 1;
  const { atomEnds, binEnds, innerEnds, masses, slopes } = binRanks(coding, inner);
  const below = maths.lookUp(atomEnds, addCount(maths, atoms, x));
  const binAt = (u: GraphValue): GraphValue => addCount(maths, innerEnds.slice(1, bins), u);
  const rankOf = (u: GraphValue): GraphValue => {
    const bin = binAt(u);
    const beyond = maths.max(maths.sub(u, maths.lookUp(innerEnds, bin)), 0);
    const part = maths.mul(maths.min(beyond, maths.lookUp(masses, bin)), maths.lookUp(slopes, bin));
    return maths.add(below, maths.lookUp(binEnds, bin), part);
  };
  const marginal = addMarginal(maths, inner);
  if (inner.step > 0) return ofIntervals(maths, marginal, x, isInBin, rankOf);
  const u = marginal.cdf(x);
  const at = rankOf(u);
  const density = maths.mul(marginal.density(x), maths.lookUp(slopes, binAt(u)));
  const isThere = maths.and(isInBin, maths.less(0, at), maths.less(at, 1), maths.less(0, density));
  const z = addNormalQuantile(maths, at);
  const logScale = maths.add(maths.log(density), maths.div(maths.mul(z, z), 2));
  const safe = maths.where(isThere, z, 0);
  return { isPresent: isThere, score: safe, low: safe, high: safe, real: { isReal: isInBin, logScale } };
}

function ofIntervals(
  maths: Maths,
  marginal: GraphMarginal,
  x: GraphValue,
  isInBin: GraphValue,
  rankOf: (u: GraphValue) => GraphValue,
): ScaledColumn {
  const ends = marginal.cell(x).map((u) => addNormalQuantile(maths, maths.min(maths.max(rankOf(u), 0), 1)));
  const [from, to] = ends as [GraphValue, GraphValue];
  const isThere = maths.and(isInBin, maths.less(from, to));
  const [low, high] = [maths.where(isThere, from, -1), maths.where(isThere, to, 1)];
  const isNarrow = maths.less(maths.sub(high, low), NARROW);
  const mass = maths.exp(addLogNormalMass(maths, low, high));
  const density = (z: GraphValue): GraphValue =>
    maths.div(maths.exp(maths.div(maths.mul(z, z), -2)), Math.sqrt(2 * Math.PI));
  const mean = maths.min(maths.max(maths.div(maths.sub(density(low), density(high)), mass), low), high);
  const score = maths.where(isNarrow, maths.div(maths.add(low, high), 2), mean);
  return { isPresent: isThere, score, low, high, real: undefined };
}

const RANK_FREQUENCIES = 5;
const CYCLE_FREQUENCIES = [1, 2, 4, 8];

/**
 * Adds the features of a number that later columns read in addition to its code: its place among the numbers of the
 * column, and its place on the cycles of the column. A missing number has zero features.
 *
 * @param rank the share of the numbers below it.
 */
export function addNumberFeatures(
  maths: Maths,
  coding: NumberCoding,
  x: GraphValue,
  rank: GraphValue,
): GraphValue | undefined {
  const { mean, deviation, cycles = [] } = coding.options;
  const waves = (turns: GraphValue, factor: number): GraphValue[] => {
    // Whole turns are taken off in float64; the rest has its digits in float32.
    const all = maths.mul(turns, factor);
    const angle = maths.mul(maths.sub(all, maths.unary("Floor", all)), 2 * Math.PI);
    return [maths.float32("Sin", angle), maths.float32("Cos", angle)];
  };
  const features: GraphValue[] = [];
  if (coding.hasRank) {
    const u = maths.min(maths.max(rank, 1e-6), 1 - 1e-6);
    const standardized = maths.div(maths.sub(x, mean), deviation);
    features.push(addNormalQuantile(maths, u), maths.min(maths.max(standardized, -5), 5));
    for (let k = 0; k < RANK_FREQUENCIES; k++) features.push(...waves(u, 2 ** k));
  }
  for (const period of cycles) {
    const turns = maths.div(maths.rest(x, period), period);
    for (const k of CYCLE_FREQUENCIES) features.push(...waves(turns, k));
  }
  if (features.length === 0) return undefined;
  return maths.where(maths.isNaN(x), 0, maths.beside(features));
}

/** Distance in scales beyond which t² would overflow and the width of a cell is negligible. */
const FAR = 1e100;
/** Angles below are their tangents, to the last digit of float32. */
const SMALL = 1e-3;

/**
 * `log δ·w(x)` of a column of numbers: the floor of the density of a cell. w is a Cauchy distribution on the line, the
 * upper part of a Cauchy distribution, or a uniform distribution.
 */
export function addNumberFloor(maths: Maths, coding: NumberCoding, x: GraphValue): GraphValue {
  const { isMissing, counts } = coding.options;
  const logDelta = -Math.log(counts.reduce((sum, count) => sum + count, 0) + 1);
  const ofGap = isMissing ? Number.NEGATIVE_INFINITY : -Math.LN2;
  const ofNumber = maths.sub(logWide(maths, coding, x), isMissing ? 0 : Math.LN2);
  return maths.add(maths.where(maths.isNaN(x), ofGap, ofNumber), logDelta);
}

function logWide(maths: Maths, coding: NumberCoding, x: GraphValue): GraphValue {
  const { offGridShare = 0, center, scale, step, domain } = coding.options;
  const ofGrid = logOccurring(maths, { center, scale, step, domain }, x);
  if (offGridShare === 0) return ofGrid;
  const ofReal = logOccurring(maths, { center, scale, step: 0, domain }, x);
  return maths.where(
    maths.equal(ofGrid, Number.NEGATIVE_INFINITY),
    maths.add(ofReal, Math.log(offGridShare)),
    maths.add(ofGrid, Math.log1p(-offGridShare)),
  );
}

function logOccurring(maths: Maths, options: NumberFloorOptions, x: GraphValue): GraphValue {
  const { domain, center, scale, step } = options;
  const canOccur = addCanOccur(maths, options, x);
  if (canOccur === undefined) return logCauchy(maths, options, x);
  if (domain === undefined) return maths.where(canOccur, logCauchy(maths, options, x), Number.NEGATIVE_INFINITY);
  const logAtCenter = numberFloor(options)(center);
  // What does not depend on the number is read off: the log-density at the median, which is one of the numbers.
  if (domain?.high !== undefined) return maths.where(canOccur, logAtCenter, Number.NEGATIVE_INFINITY);
  const atCenter = step === 0 ? -Math.log(Math.PI * scale) : Math.log((2 * Math.atan(step / (2 * scale))) / Math.PI);
  const logAbove = atCenter - logAtCenter;
  return maths.where(canOccur, maths.sub(logCauchy(maths, options, x), logAbove), Number.NEGATIVE_INFINITY);
}

/** The log-density of a Cauchy distribution; with a step the log-mass of a cell. */
function logCauchy(maths: Maths, { center, scale, step }: NumberFloorOptions, x: GraphValue): GraphValue {
  const t = maths.div(maths.sub(x, center), scale);
  const size = maths.unary("Abs", t);
  const isFar = maths.less(FAR, size);
  const logSquare = maths.where(isFar, maths.mul(maths.log(size), 2), maths.log(maths.add(maths.mul(t, t), 1)));
  if (step === 0) return maths.sub(-Math.log(Math.PI * scale), logSquare);
  const half = step / (2 * scale);
  // atan b − atan a of the ends of the cell, which loses nothing far away.
  const [a, b] = [maths.sub(t, half), maths.add(t, half)];
  const product = maths.add(maths.mul(a, b), 1);
  const tangent = maths.div(2 * half, product);
  const ofTangent = maths.where(maths.less(tangent, SMALL), tangent, maths.float32("Atan", tangent));
  const ofEnds = maths.sub(maths.float32("Atan", b), maths.float32("Atan", a));
  const angle = maths.where(maths.less(0, product), ofTangent, ofEnds);
  const near = maths.log(maths.div(angle, Math.PI));
  return maths.where(isFar, maths.sub(Math.log((2 * half) / Math.PI), logSquare), near);
}
