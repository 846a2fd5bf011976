import type { Variable, VariableKind } from "@pushforward/columns";
import { OptionError } from "@pushforward/core";
import {
  CategoryCoding,
  CELL_SIZE,
  type CellCoding,
  type DensityColumn,
  NumberCoding,
  NumberMarginal,
  rankMarginal,
} from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import { addCount } from "../maths/choices.ts";
import type { Maths } from "../maths/maths.ts";
import { addNormalQuantile } from "../maths/special-functions.ts";
import { addCanOccur } from "./add-can-occur.ts";
import type { CodedCells } from "./bin-ranks.ts";
import { addMarginal, addNumberFeatures, addNumberFloor, type GraphMarginal } from "./number-values.ts";

/** Beyond all values. */
const FAR = 1e9;
const MOST_LOG_WIDTH = 87;

/**
 * Codes a column of numbers: codes of frequent values and of bins, weights within bins, and intervals on the normal quantile
 * scale.
 *
 * @param x numbers, NaN for a missing cell.
 */
function codeNumbers(maths: Maths, coding: NumberCoding, x: GraphValue): CodedCells {
  const { atoms, center } = coding.options;
  const isGap = maths.isNaN(x);
  const isInside = addCanOccur(maths, coding.options, x);
  const canOccur = isInside === undefined ? maths.not(isGap) : maths.and(maths.not(isGap), isInside);
  const atom = atomOf(maths, coding, x);
  const isAtom = maths.and(canOccur, atom.isFound);
  const bin = binOf(maths, coding, x);
  const isInBin = bin && maths.and(canOccur, maths.not(isAtom), bin.isFound);
  const ofBin = isInBin && bin ? maths.where(isInBin, maths.add(bin.place, atoms.length), -1) : maths.fill(-1, x);
  const ofNumber = maths.where(isAtom, atom.place, ofBin);
  const code = maths.where(isGap, coding.missingCode ?? -1, ofNumber);
  const smooth = coding.options.smooth && addMarginal(maths, new NumberMarginal(coding.options.smooth));
  // Of a gap where there was none, what the median has.
  const others = nearestCode(maths, coding, maths.where(isGap, center, x));
  const codes = maths.where(maths.less(code, 0), others, code);
  const weight = isInBin && bin ? maths.where(isInBin, bin.logWeight, 0) : maths.fill(0, x);
  const hasInterval = smooth && isInBin && maths.or(isInBin, maths.and(isAtom, lightAtom(maths, coding, atom.place)));
  const interval =
    smooth && hasInterval ? intervalOf(maths, smooth, x, hasInterval) : [0, 0, 0].map((value) => maths.fill(value, x));
  const ranks = coding.options.rankFactor === undefined ? undefined : rankMarginal(coding.options);
  const rank = (ranks ? addMarginal(maths, ranks) : smooth)?.cdf(x) ?? midRankOf(maths, coding, codes);
  return {
    values: x,
    codes,
    cells: maths.beside([code, weight, ...interval]),
    logFloor: addNumberFloor(maths, coding, x),
    features: addNumberFeatures(maths, coding, x, rank),
  };
}

interface Found {
  readonly isFound: GraphValue;
  readonly place: GraphValue;
}

function atomOf(maths: Maths, { options: { atoms } }: NumberCoding, x: GraphValue): Found {
  const { graph } = maths;
  if (atoms.length === 0) return { isFound: maths.less(maths.fill(1, x), 0), place: maths.fill(0, x) };
  const before = addCount(maths, atoms.slice(1), x);
  return { isFound: maths.equal(maths.lookUp(atoms, before), x), place: graph.cast(before, "float64") };
}

function binOf(
  maths: Maths,
  { options }: NumberCoding,
  x: GraphValue,
): (Found & { readonly logWeight: GraphValue }) | undefined {
  const { edges, inner } = options;
  const bins = edges.length - 1;
  if (bins < 1 || inner === undefined) return undefined;
  const host = new NumberMarginal(inner);
  const marginal = addMarginal(maths, host);
  const place = addCount(maths, edges.slice(1, bins), x);
  const masses = Float64Array.from({ length: bins }, (_, b) => {
    return host.cdf(edges[b + 1] as number) - host.cdf(edges[b] as number);
  });
  const base = inner.step > 0 ? difference(maths, marginal.cell(x)) : marginal.density(x);
  const logWeight = maths.max(maths.log(maths.div(base, maths.lookUp(masses, place))), -1e4);
  const isFound = maths.and(maths.atMost(edges[0] as number, x), maths.atMost(x, edges[bins] as number));
  return { isFound, place: maths.graph.cast(place, "float64"), logWeight };
}

function difference(maths: Maths, [low, high]: readonly [GraphValue, GraphValue]): GraphValue {
  return maths.sub(high, low);
}

/** `true` if an atom also belongs to the mixture. */
function lightAtom(maths: Maths, { options: { atoms, heavy } }: NumberCoding, place: GraphValue): GraphValue {
  const isLight = atoms.map((_, k) => (heavy.includes(k) ? 0 : 1));
  if (isLight.length === 0) return maths.less(maths.fill(1, place), 0);
  return maths.less(0, maths.lookUp(isLight, maths.graph.cast(place, "int64")));
}

/**
 * The interval of a cell on the normal quantile scale of its column, and its width: three columns, zero for cells
 * without an interval.
 */
function intervalOf(
  maths: Maths,
  smooth: GraphMarginal,
  x: GraphValue,
  hasInterval: GraphValue,
): readonly GraphValue[] {
  if (smooth.step === 0) {
    const u = smooth.cdf(x);
    const isOn = maths.and(hasInterval, maths.less(0, u), maths.less(u, 1));
    const z = addNormalQuantile(maths, u);
    const logDensity = maths.log(smooth.density(x));
    const logWidth = maths.add(logDensity, maths.div(maths.mul(z, z), 2), 0.5 * Math.log(2 * Math.PI));
    const width = maths.unary("Neg", maths.exp(maths.min(logWidth, MOST_LOG_WIDTH)));
    return [z, z, width].map((part) => maths.where(isOn, part, 0));
  }
  const [low, high] = smooth.cell(x);
  const isOn = maths.and(hasInterval, maths.less(low, high));
  const from = maths.where(maths.atMost(low, 0), -FAR, addNormalQuantile(maths, low));
  const to = maths.where(maths.atMost(1, high), FAR, addNormalQuantile(maths, high));
  return [from, to, maths.sub(to, from)].map((part) => maths.where(isOn, part, 0));
}

/** The code of the bin or atom that is nearest to a number that none has. */
function nearestCode(maths: Maths, { options: { atoms, edges } }: NumberCoding, x: GraphValue): GraphValue {
  const bins = edges.length - 1;
  if (bins >= 1) return maths.where(maths.less(x, edges[0] as number), atoms.length, atoms.length + bins - 1);
  const middles = atoms.slice(1).map((atom, k) => ((atoms[k] as number) + atom) / 2);
  const before = addCount(maths, middles, x);
  const place = maths.graph.cast(before, "float64");
  // Half-way between two atoms, it is the lower one.
  const isMiddle = maths.equal(maths.lookUp([Number.NEGATIVE_INFINITY, ...middles], before), x);
  return maths.where(isMiddle, maths.sub(place, 1), place);
}

/** The middle of the ranks of each atom, where all values are atoms. */
function midRankOf(maths: Maths, { options: { atoms, counts } }: NumberCoding, codes: GraphValue): GraphValue {
  const own = counts.slice(0, atoms.length);
  const total = own.reduce((sum, count) => sum + count, 0);
  let before = 0;
  const ranks = counts.map((count, k) => {
    if (k >= atoms.length) return 0.5;
    before += count;
    return (before - count / 2) / total;
  });
  return maths.lookUp(ranks, maths.graph.cast(codes, "int64"));
}

/**
 * Codes a column of categories. The coding defines the codes of each category, of a new category and of a missing cell.
 *
 * @param values places in `coding.categories`, NaN for a missing cell, any other number for a new category.
 */
function codeCategories(maths: Maths, coding: CategoryCoding, values: GraphValue): CodedCells {
  const { graph } = maths;
  const { categories } = coding;
  const [fresh, gap] = [categories.length, categories.length + 1];
  // A text that is none of the categories, and longer than all of them.
  const unseen = `${categories.reduce((longest, one) => (one.length > longest.length ? one : longest), "")}?`;
  const { codes, cells, logFloor, features, featureCount } = coding.encode({
    name: "column",
    kind: "text",
    values: [...categories, unseen, ""],
    missing: new Set([gap]),
  });
  const isMissing = maths.isNaN(values);
  const isKnown = maths.and(
    maths.atMost(0, values),
    maths.less(values, categories.length),
    maths.equal(values, maths.unary("Floor", values)),
  );
  const place = graph.cast(maths.where(isMissing, gap, maths.where(isKnown, values, fresh)), "int64");
  return {
    values,
    codes: maths.lookUp(codes, place),
    cells: maths.rowsOf(cells, CELL_SIZE, place),
    logFloor: maths.lookUp(logFloor, place),
    features: featureCount === 0 ? undefined : maths.rowsOf(features, featureCount, place),
  };
}

/** Codes the cells of a column, float64 `[rows, 1]`: numbers or places of categories, NaN for a missing cell. */
export function codeColumn(maths: Maths, coding: CellCoding, values: GraphValue): CodedCells {
  if (coding instanceof NumberCoding) return codeNumbers(maths, coding, values);
  if (coding instanceof CategoryCoding) return codeCategories(maths, coding, values);
  throw new OptionError("exportOnnx: expected columns of numbers and of categories, got one with a coding of its own.");
}

/** A column of the input of an exported density of a table. */
export interface OnnxColumn {
  readonly name: string;
  /** Type of the column in the file of the table, if known. A date is a number of seconds since 1970 UTC. */
  readonly kind?: VariableKind;
  /** Texts of the categories, indexed by place; absent for numbers. */
  readonly categories?: readonly string[];
  /** `true` if the density is conditioned on this column. Default: false. */
  readonly isGiven?: true;
}

/** Describes the columns of the input, in order. */
export function tableColumns(
  { columns }: { readonly columns: readonly Pick<DensityColumn, "name" | "coding" | "isGiven">[] },
  variables: readonly Variable[],
): OnnxColumn[] {
  const kinds = new Map(variables.map(({ name, kind }) => [name, kind]));
  const kindOf = (name: string): Pick<OnnxColumn, "kind"> => {
    const kind = kinds.get(name);
    return kind === undefined ? {} : { kind };
  };
  return columns.map(({ name, coding, isGiven }) => ({
    name,
    ...kindOf(name),
    ...(coding instanceof CategoryCoding && { categories: coding.categories }),
    ...(isGiven && { isGiven }),
  }));
}
