import { intoDomain, isInDomain, type NumberDomain } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import { logSumExp, normalQuantile } from "@pushforward/core/plain";
import type { Column, NumberColumn } from "@pushforward/datasets";
import { isOnGrid, refuseInfinite } from "@pushforward/datasets/extend";
import { normalTail } from "@pushforward/ops";
import {
  CELL_SIZE,
  type CellCoding,
  type CodedColumn,
  logShares,
  type NumberSupport,
  type RowOrigin,
} from "./category-coding.ts";
import { featureCountOf, RANK_FEATURES, writeCycleFeatures, writeRankFeatures } from "./number-features.ts";
import { NumberMarginal, type NumberMarginalOptions, numberFloor } from "./number-marginal.ts";

/** The parts of a {@link NumberCoding}, as a model file stores them. */
export interface NumberCodingOptions {
  /** Spacing of the values; 0 for real numbers. */
  readonly step: number;
  /** Share of the floor of the density for numbers off the grid. Default: 0. */
  readonly offGridShare?: number;
  /** Values with a code of their own, rising: all values, or the frequent values. */
  readonly atoms: readonly number[];
  /** Edges of the bins of the remaining values, including both bounds; empty if all values are atoms. */
  readonly edges: readonly number[];
  /** Count of each code: atoms, bins, then a missing cell if cells are missing. */
  readonly counts: readonly number[];
  /** The distribution of the values within bins. */
  readonly inner: NumberMarginalOptions | undefined;
  /** The distribution of all values that the mixture may have. */
  readonly smooth: NumberMarginalOptions | undefined;
  /** Factor of the share of the observed values of `smooth` in the ranks that later columns read. Default: 1. */
  readonly rankFactor?: number | undefined;
  /** Atoms that the mixture does not have, by their places in `atoms`. */
  readonly heavy: readonly number[];
  readonly isMissing: boolean;
  readonly mean: number;
  readonly deviation: number;
  /** Median, and half of the interquartile range, for numbers beyond all values. */
  readonly center: number;
  readonly scale: number;
  /** The numbers that the column can have. Default: all. */
  readonly domain?: NumberDomain | undefined;
  /** Periods of the numbers, for features that later columns read. Default: none. */
  readonly cycles?: readonly number[] | undefined;
}

/** The distribution of the ranks of the numbers of a column. */
export function rankMarginal({
  smooth,
  rankFactor = 1,
}: Pick<NumberCodingOptions, "smooth" | "rankFactor">): NumberMarginal | undefined {
  return smooth && new NumberMarginal(withObservedShare(smooth, rankFactor));
}

function withObservedShare(marginal: NumberMarginalOptions, factor: number): NumberMarginalOptions {
  const { observed } = marginal;
  if (observed === undefined) return marginal;
  return { ...marginal, observed: { ...observed, share: Math.min(observed.share * factor, 1 - 1e-9) } };
}

/** Where the numbers up to a bound end among the codes of a head. */
export interface CodingPlace {
  /** Number of atoms up to the bound. */
  readonly atoms: number;
  /** Number of bins up to the bound, with the share of the last one. */
  readonly bins: number;
  /** The end on the normal quantile scale of the mixture. */
  readonly quantile: number;
}

/** Codes from a place up to another, which is not included. */
export interface CodeRange {
  readonly from: number;
  readonly to: number;
}

/** A range of numbers, with or without its bounds. */
export interface OpenRange {
  readonly low: number;
  readonly high: number;
  readonly isLowOpen: boolean;
  readonly isHighOpen: boolean;
}

const COMPONENTS = 10;
/** Share of the mixture before training. With few rows, bins carry little information. */
const SMOOTH_START = 0.05;
const SMOOTH_START_OF_FEW = 0.5;
const FEW_ROWS = 2000;
/** Beyond all values. */
const FAR = 1e9;
/** Width on the normal quantile scale below which a cell is a point with a mass. */
const NARROW = 1e-6;
/** Maximum log-width of a cell. Cells are float32, so the log-width is capped for numbers within 1e-38 of a bound. */
const MOST_LOG_WIDTH = 87;

/**
 * A column of numbers: codes for frequent values, bins for the remaining values, and a mixture of logistics over the values
 * that are not heavy. A number off the grid of the column has no code; its density is a part of the floor.
 */
export class NumberCoding implements CellCoding {
  readonly options: NumberCodingOptions;
  readonly codes: number;
  readonly components: number;
  readonly columnKind = "number";
  readonly featureCount: number;
  readonly hasRank: boolean;
  readonly missingCode: number | undefined;
  readonly step: number;
  readonly counts: readonly number[];
  readonly logMarginal: Float64Array;
  readonly logHead: number;
  private readonly bins: number;
  private readonly atomAt: ReadonlyMap<number, number>;
  private readonly heavy: ReadonlySet<number>;
  private readonly inner: NumberMarginal | undefined;
  private readonly smooth: NumberMarginal | undefined;
  /** The ranks of all values. */
  private readonly ranks: NumberMarginal | undefined;
  private readonly binMass: Float64Array;
  /** The middle of the ranks of each atom, where all values are atoms. */
  private readonly midRanks: Float64Array;
  private readonly edges: Float64Array;
  private readonly logDelta: number;
  private readonly cycles: readonly number[];
  /** The log-density, or log-mass, of a wide distribution of all numbers, on the grid and off it. */
  readonly logWide: (x: number) => number;

  constructor(options: NumberCodingOptions) {
    this.options = options;
    this.step = options.step;
    const { atoms, edges, counts, isMissing, inner, smooth, heavy } = options;
    this.bins = Math.max(0, edges.length - 1);
    this.components = this.bins > 0 ? COMPONENTS : 0;
    this.codes = atoms.length + this.bins + (isMissing ? 1 : 0) + (this.bins > 0 ? 1 : 0);
    this.missingCode = isMissing ? atoms.length + this.bins : undefined;
    this.atomAt = new Map(atoms.map((value, code) => [value, code]));
    this.heavy = new Set(heavy);
    this.edges = Float64Array.from(edges);
    this.inner = inner && new NumberMarginal(inner);
    this.smooth = smooth && new NumberMarginal(smooth);
    this.ranks = options.rankFactor === undefined ? this.smooth : rankMarginal(options);
    this.binMass = Float64Array.from({ length: this.bins }, (_, b) => {
      const [from, to] = [this.edges[b] as number, this.edges[b + 1] as number];
      return (this.inner?.cdf(to) ?? 0) - (this.inner?.cdf(from) ?? 0);
    });
    const rows = counts.reduce((sum, count) => sum + count, 0);
    this.counts = counts;
    this.logMarginal = this.withMixture(logShares(counts), 0, counts.length);
    this.midRanks = midRanksOf(counts.slice(0, atoms.length));
    this.logDelta = -Math.log(rows + 1);
    this.logHead = Math.log1p(-1 / (rows + 1));
    this.cycles = options.cycles ?? [];
    this.hasRank = options.domain?.isCircular !== true;
    this.featureCount = featureCountOf({ hasRank: this.hasRank, cycles: this.cycles });
    this.logWide = numberFloor(options);
  }

  /** The middle of the places of each code on the normal quantile scale, NaN for missing cells; undefined with bins or on a circle. */
  get codePlaces(): Float64Array | undefined {
    if (this.bins > 0 || !this.hasRank) return undefined;
    const places = new Float64Array(this.codes).fill(Number.NaN);
    places.set(this.midRanks.map(normalQuantile));
    return places;
  }

  /** The codes of the bins, which share their values with the mixture; undefined without bins. */
  get binCodes(): CodeRange | undefined {
    const from = this.options.atoms.length;
    return this.bins > 0 ? { from, to: from + this.bins } : undefined;
  }

  get support(): NumberSupport {
    const { atoms } = this.options;
    const [least = Number.POSITIVE_INFINITY, most = Number.NEGATIVE_INFINITY] = [atoms[0], atoms.at(-1)];
    if (this.bins === 0) return { low: least, high: most, values: atoms };
    const marginals = [this.inner, this.smooth].filter((one) => one !== undefined);
    const ends = marginals.flatMap(({ low, high }) => [low, high]);
    return { low: Math.min(least, ...ends), high: Math.max(most, ...ends) };
  }

  /**
   * The same column, with a smaller share of the observed values in its density, because it recalls such values. Later columns
   * read the same ranks.
   *
   * @param factor above 0 and at most 1.
   */
  withLessObserved(factor: number): NumberCoding {
    const { inner, smooth, ...others } = this.options;
    const less = (marginal: NumberMarginalOptions | undefined) => marginal && withObservedShare(marginal, factor);
    return new NumberCoding({ ...others, inner: less(inner), smooth: less(smooth), rankFactor: 1 / factor });
  }

  logFrequencies(counts: ArrayLike<number>): Float64Array {
    const from = this.options.atoms.length;
    return this.withMixture(logShares(Array.from(counts).slice(0, this.counts.length)), from, from + this.bins);
  }

  /** Log-probabilities with the mixture as the last code. It has a share of the codes from a place up to another. */
  private withMixture(logProb: Float64Array, from: number, to: number): Float64Array {
    if (this.bins === 0) return logProb;
    const rows = this.counts.reduce((sum, count) => sum + count, 0);
    const start = rows < FEW_ROWS ? SMOOTH_START_OF_FEW : SMOOTH_START;
    const left = logProb.map((value, code) => (code >= from && code < to ? value + Math.log1p(-start) : value));
    return Float64Array.of(...left, Math.log(start) + logSumExp(logProb.subarray(from, to)));
  }

  encode(column: Column, origin: RowOrigin = "new"): CodedColumn {
    if (column.kind !== "number") {
      throw new DataError(`table: expected numbers in column "${column.name}", got text.`, { column: column.name });
    }
    const { values } = column;
    refuseInfinite(column);
    const rows = values.length;
    const codes = new Float32Array(rows);
    const cells = new Float32Array(rows * CELL_SIZE);
    const logFloor = new Float64Array(rows);
    const { featureCount } = this;
    const features = new Float32Array(rows * featureCount);
    for (let i = 0; i < rows; i++) {
      const x = values[i] as number;
      codes[i] = this.encodeCell(x, origin, cells, i * CELL_SIZE);
      logFloor[i] = this.logDelta + this.logFloor(x);
      if (!Number.isNaN(x)) this.writeFeatures(x, codes[i] as number, features, i * featureCount);
    }
    return { codes, cells, logFloor, features, featureCount, values };
  }

  decode(name: string, codes: Int32Array, uniforms: Float64Array, quantiles: Float64Array): NumberColumn {
    const { atoms, domain } = this.options;
    const values = Float64Array.from(codes, (code, row) => {
      if (code < atoms.length) return atoms[code] as number;
      const bin = code - atoms.length;
      if (bin < this.bins) return intoDomain(this.inBin(bin, uniforms[row] as number), domain);
      if (this.bins > 0 && code === this.codes - 1) {
        return intoDomain((this.smooth as NumberMarginal).value(1 - normalTail(quantiles[row] as number)), domain);
      }
      return Number.NaN;
    });
    return { name, kind: "number", values };
  }

  /**
   * The logarithm of the width of the cell of a number: the difference of the log-mass of the printed number and the
   * log-probability that the column gives. 0 for a number with a mass.
   *
   * @param logPrinted the logarithm of the width of the number as it is printed.
   */
  logCellWidth(x: number, logPrinted: number): number {
    if (this.step > 0 || Number.isNaN(x) || this.atomAt.has(x)) return 0;
    return this.inner?.isObserved(x) ? Math.log(this.inner.options.observed?.width ?? 1) : logPrinted;
  }

  get center(): number {
    return this.options.center;
  }

  /** `true` if the column can have a number: it lies in the domain of the column, and on its grid. */
  canOccur(x: number): boolean {
    const { domain, center, step } = this.options;
    return isInDomain(x, domain) && isOnGrid(x, center, step);
  }

  /** `true` if the column can have a number of a range. */
  canOccurIn({ low, high, isLowOpen, isHighOpen }: OpenRange): boolean {
    const { domain, center, step } = this.options;
    const bottom = domain?.low ?? Number.NEGATIVE_INFINITY;
    const top = domain?.high ?? Number.POSITIVE_INFINITY;
    const [from, to] = [Math.max(low, bottom), Math.min(high, top)];
    const isFromOpen = isLowOpen && low >= bottom;
    const isToOpen = (isHighOpen && high <= top) || (domain?.isCircular === true && top <= high);
    const isBelow = (x: number): boolean => (isToOpen ? x < to : x <= to);
    if (step === 0) return from < to || (from === to && !isFromOpen && !isToOpen);
    if (!Number.isFinite(from)) return from < to;
    const place = (from - center) / step;
    const isAt = isOnGrid(from, center, step);
    const first = isAt ? Math.round(place) + (isFromOpen ? 1 : 0) : Math.ceil(place);
    return isBelow(Number((center + first * step).toPrecision(15)));
  }

  /** Returns the nearest number that the column can have. */
  nearest(x: number): number {
    if (this.canOccur(x)) return x;
    const { domain, center, step } = this.options;
    const inside = intoDomain(x, domain);
    if (step === 0) return inside;
    const place = (inside - center) / step;
    const near = [Math.round(place), Math.floor(place), Math.ceil(place)].map((k) =>
      Number((center + k * step).toPrecision(15)),
    );
    return near.find((one) => isInDomain(one, domain)) ?? center;
  }

  /** Where the numbers up to a bound end. @param isInside `true` if the bound is one of them. */
  placeOf(bound: number, isInside: boolean): CodingPlace {
    const { step } = this;
    const { atoms, center } = this.options;
    // Rounding of computed numbers.
    const near = (isInside ? 1 : -1) * (step > 0 ? step * 1e-6 : Math.abs(bound) * 1e-12);
    const steps = (bound + near - center) / step;
    const end = step === 0 || !Number.isFinite(bound) ? bound : center + (Math.floor(steps) + 0.5) * step;
    const last = step === 0 && Number.isFinite(bound) ? bound + near : end;
    let count = 0;
    const isUpTo = (atom: number): boolean => (isInside ? atom <= last : atom < last);
    while (count < atoms.length && isUpTo(atoms[count] as number)) count++;
    const u = this.smooth?.cdf(end) ?? 0;
    const quantile = u <= 0 ? -FAR : u >= 1 ? FAR : normalQuantile(u);
    return { atoms: count, bins: this.binsUpTo(end), quantile };
  }

  private binsUpTo(end: number): number {
    const { bins, edges, inner, binMass } = this;
    if (bins === 0 || inner === undefined || !(end > (edges[0] as number))) return 0;
    if (end >= (edges[bins] as number)) return bins;
    const bin = this.binOf(end) as number;
    const share = (inner.cdf(end) - inner.cdf(edges[bin] as number)) / (binMass[bin] as number);
    return bin + Math.min(Math.max(share, 0), 1);
  }

  private inBin(bin: number, u: number): number {
    const inner = this.inner as NumberMarginal;
    const from = inner.cdf(this.edges[bin] as number);
    return inner.value(from + u * (this.binMass[bin] as number));
  }

  /** Writes a cell and returns its code as an input of later columns. */
  private encodeCell(x: number, origin: RowOrigin, cells: Float32Array, at: number): number {
    const { atoms } = this.options;
    if (Number.isNaN(x)) {
      const code = this.missingCode ?? -1;
      cells[at] = code;
      return code >= 0 ? code : this.nearestCode(this.options.center);
    }
    if (!this.canOccur(x)) {
      cells[at] = -1;
      return this.nearestCode(x);
    }
    const atom = this.atomAt.get(x);
    const bin = atom === undefined ? this.binOf(x) : undefined;
    cells[at] = atom ?? (bin === undefined ? -1 : atoms.length + bin);
    if (bin !== undefined) {
      const inner = this.inner as NumberMarginal;
      const base = inner.step > 0 ? inner.cell(x, origin).mass : inner.density(x, origin);
      cells[at + 1] = Math.max(Math.log(base / (this.binMass[bin] as number)), -1e4);
    }
    if (this.smooth !== undefined && (atom === undefined ? bin !== undefined : !this.heavy.has(atom))) {
      this.writeInterval(x, origin, cells, at);
    }
    return (cells[at] as number) >= 0 ? (cells[at] as number) : this.nearestCode(x);
  }

  /** The place of a value on the normal quantile scale of its column, where the mixture lives. */
  private writeInterval(x: number, origin: RowOrigin, cells: Float32Array, at: number): void {
    const smooth = this.smooth as NumberMarginal;
    if (smooth.step === 0) {
      const u = smooth.cdf(x);
      if (u > 0 && u < 1) writePoint(normalQuantile(u), smooth.density(x, origin), cells, at);
      return;
    }
    const { below, mass, above } = smooth.cell(x, origin);
    if (!(mass > 0)) return;
    const from = quantileOf(below, mass + above);
    const to = quantileOf(below + mass, above);
    // The difference of the ends of a narrow cell has no digits left.
    if (to - from < NARROW) {
      writePoint((from + to) / 2, mass, cells, at);
      return;
    }
    cells[at + 2] = from;
    cells[at + 3] = to;
    cells[at + 4] = to - from;
  }

  private binOf(x: number): number | undefined {
    const { edges } = this;
    if (this.bins === 0 || !(x >= (edges[0] as number) && x <= (edges[this.bins] as number))) return undefined;
    let [low, high] = [0, this.bins - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((edges[middle] as number) <= x) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The code of the bin or atom that is nearest to a value that none has. */
  private nearestCode(x: number): number {
    const { atoms } = this.options;
    if (this.bins > 0) return atoms.length + (x < (this.edges[0] as number) ? 0 : this.bins - 1);
    let best = 0;
    for (const [code, value] of atoms.entries()) {
      if (Math.abs(value - x) < Math.abs((atoms[best] as number) - x)) best = code;
    }
    return best;
  }

  private writeFeatures(x: number, code: number, features: Float32Array, at: number): void {
    const { mean, deviation, atoms } = this.options;
    const rank = this.ranks?.cdf(x) ?? (code < atoms.length ? (this.midRanks[code] as number) : 0.5);
    if (this.hasRank) writeRankFeatures(rank, (x - mean) / deviation, features, at);
    writeCycleFeatures(x, this.cycles, features, at + (this.hasRank ? RANK_FEATURES : 0));
  }

  /** The log-mass or log-density of a wide distribution, of all numbers that can occur and of a gap. */
  private logFloor(x: number): number {
    const { isMissing } = this.options;
    if (Number.isNaN(x)) return isMissing ? Number.NEGATIVE_INFINITY : -Math.LN2;
    return this.logWide(x) - (isMissing ? 0 : Math.LN2);
  }
}

/** Φ⁻¹ at the end of the share below, from the smaller one of both shares. */
function quantileOf(below: number, above: number): number {
  if (below <= 0) return -FAR;
  if (above <= 0) return FAR;
  return below < above ? normalQuantile(below) : -normalQuantile(above);
}

/** Writes a point on the normal quantile scale: its density there is a density, or a mass, of its column. */
function writePoint(z: number, density: number, cells: Float32Array, at: number): void {
  const logWidth = Math.log(density) + (z * z) / 2 + 0.5 * Math.log(2 * Math.PI);
  cells[at + 2] = z;
  cells[at + 3] = z;
  cells[at + 4] = -Math.exp(Math.min(logWidth, MOST_LOG_WIDTH));
}

function midRanksOf(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return Float64Array.from(counts, (count) => {
    const rank = (before + count / 2) / total;
    before += count;
    return rank;
  });
}
