import type { NormalMixture } from "@pushforward/tables";
import { CategoryCoding, type NumberCoding, NumberMarginal, scaledValue } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "../maths/add-count.ts";
import { addLogNormalMass } from "../maths/add-log-normal-mass.ts";
import { addNormalQuantile } from "../maths/add-normal-quantile.ts";
import type { Maths } from "../maths/maths.ts";
import { addMarginal, type GraphMarginal } from "./add-marginal.ts";
import { binRanks } from "./bin-ranks.ts";
import type { CodedCells } from "./coded-cells.ts";

type Column = NormalMixture["layout"]["columns"][number];
type Ranks = NonNullable<Column["ranks"]>;

/** Widths up to which a normal is a uniform distribution. */
const NARROW = 1e-3;

/** Values of a column on its normal scale, all `[rows, 1]`. */
export interface ScaledColumn {
  /** Whether the cell has a value that rows can have. */
  readonly isPresent: GraphValue;
  /** The mean of a standard normal within the ends. */
  readonly score: GraphValue;
  readonly low: GraphValue;
  readonly high: GraphValue;
  /** Of a real number: its log-density without the exponent of the standard normal, and where it is one. */
  readonly real: { readonly isReal: GraphValue; readonly logScale: GraphValue } | undefined;
}

/** Adds the values of a column whose values have an order on their normal scale. */
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
