import { intoDomain, type NumberDomain } from "@pushforward/columns/extend";
import { CategoryCoding, type CellCoding, logShares, type RowOrigin } from "../../density/coding/category-coding.ts";
import { NumberCoding } from "../../density/coding/number-coding.ts";
import { NumberMarginal } from "../../density/coding/number-marginal.ts";

/** Rank of a value within its column. */
interface Rank {
  /** The distribution function before the value and at it; the same for a real number. */
  readonly low: number;
  readonly high: number;
  /** The density of a real number, or the mass of a narrow cell; undefined where the mass is `high − low`. */
  readonly density: number | undefined;
}

/** Mass of a cell below which it is a point with a mass. */
const NARROW = 1e-9;

/** Distribution function of an ordered column; the values of a column of categories are their codes. */
export interface OrderedRanks {
  /** Undefined for a value that no row has. */
  rank(value: number, origin: RowOrigin): Rank | undefined;
  /** The value at a number from 0 to 1. */
  value(u: number): number;
}

/** Returns the distribution function of a coding; undefined without an order: three or more categories, or a circle. */
export function orderedRanks(coding: CellCoding): OrderedRanks | undefined {
  if (coding instanceof NumberCoding) {
    return coding.options.domain?.isCircular ? undefined : new NumberRanks(coding);
  }
  if (!(coding instanceof CategoryCoding)) return undefined;
  const { categories, levels, counts } = coding;
  if (levels === undefined && categories.length > 2) return undefined;
  const places = categories.map((category, code) => levels?.indexOf(category) ?? code);
  const order = [...categories.keys()].sort((a, b) => (places[a] as number) - (places[b] as number));
  return new StepRanks(order, sharesOf(counts.slice(0, categories.length)));
}

function sharesOf(counts: readonly number[]): Float64Array {
  return logShares(counts).map(Math.exp);
}

/** Values that each have a mass. */
class StepRanks implements OrderedRanks {
  private readonly values: readonly number[];
  private readonly ends: Float64Array;
  private readonly places: ReadonlyMap<number, number>;

  /**
   * @param values in their order.
   * @param shares of the values, by the place of a value among the categories.
   */
  constructor(values: readonly number[], shares: Float64Array) {
    this.values = values;
    this.ends = cumulated(values.map((value) => shares[value] as number));
    this.places = new Map(values.map((value, place) => [value, place]));
  }

  rank(value: number): Rank | undefined {
    const place = this.places.get(value);
    if (place === undefined) return undefined;
    return { low: this.ends[place] as number, high: this.ends[place + 1] as number, density: undefined };
  }

  value(u: number): number {
    return this.values[placeOf(this.ends, u)] as number;
  }
}

/** Ranks of numbers: atoms with their own masses among bins of all other values. */
class NumberRanks implements OrderedRanks {
  private readonly domain: NumberDomain | undefined;
  private readonly atoms: readonly number[];
  private readonly atomAt: ReadonlyMap<number, number>;
  private readonly inner: NumberMarginal | undefined;
  private readonly edges: readonly number[];
  /** Of the inner distribution function, at the edges. */
  private readonly innerEnds: Float64Array;
  private readonly atomShares: Float64Array;
  /** Sums of the shares of atoms, and of bins. */
  private readonly atomEnds: Float64Array;
  private readonly binEnds: Float64Array;
  /** The distribution function before each atom. */
  private readonly atomLows: Float64Array;

  constructor({ options }: NumberCoding) {
    const { atoms, edges, counts, inner } = options;
    const bins = Math.max(0, edges.length - 1);
    const shares = sharesOf(counts.slice(0, atoms.length + bins));
    this.domain = options.domain;
    this.atoms = atoms;
    this.atomAt = new Map(atoms.map((value, place) => [value, place]));
    this.inner = inner && new NumberMarginal(inner);
    this.edges = edges;
    this.innerEnds = Float64Array.from(edges, (edge) => this.inner?.cdf(edge) ?? 0);
    this.atomShares = shares.subarray(0, atoms.length);
    this.atomEnds = cumulated(this.atomShares);
    this.binEnds = cumulated(shares.subarray(atoms.length));
    this.atomLows = Float64Array.from(
      atoms,
      (x, i) => (this.atomEnds[i] as number) + this.ofBins(this.inner?.cdf(x) ?? 0),
    );
  }

  rank(value: number, origin: RowOrigin): Rank | undefined {
    const atom = this.atomAt.get(value);
    if (atom !== undefined) {
      const low = this.atomLows[atom] as number;
      return { low, high: low + (this.atomShares[atom] as number), density: undefined };
    }
    const { inner, edges } = this;
    if (inner === undefined || !(value >= (edges[0] as number) && value <= (edges.at(-1) as number))) return undefined;
    const below = this.atomEnds[this.atomsBelow(value)] as number;
    if (inner.step > 0) {
      const cell = inner.cell(value, origin);
      const [low, high] = [cell.below, cell.below + cell.mass].map((u) => below + this.ofBins(u)) as [number, number];
      if (high - low > NARROW) return { low, high, density: undefined };
      // The difference of the ends of a narrow cell has no digits left: its mass is the density at a point.
      const at = (low + high) / 2;
      const mass = cell.mass * this.slope(placeOf(this.innerEnds, cell.below));
      return at > 0 && at < 1 && mass > 0 ? { low: at, high: at, density: mass } : undefined;
    }
    const u = inner.cdf(value);
    const at = below + this.ofBins(u);
    const bin = placeOf(this.innerEnds, u);
    const density = inner.density(value, origin) * this.slope(bin);
    return at > 0 && at < 1 && density > 0 ? { low: at, high: at, density } : undefined;
  }

  value(u: number): number {
    const { atoms, inner } = this;
    let [from, to] = [0, atoms.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.atomLows[middle] as number) <= u) from = middle + 1;
      else to = middle;
    }
    const last = from - 1;
    const isAtom =
      last >= 0 && (inner === undefined || u < (this.atomLows[last] as number) + (this.atomShares[last] as number));
    if (isAtom || inner === undefined) return atoms[Math.max(last, 0)] as number;
    const rest = u - (this.atomEnds[from] as number);
    const bin = placeOf(this.binEnds, rest);
    const slope = this.slope(bin);
    const part = slope > 0 ? (rest - (this.binEnds[bin] as number)) / slope : 0;
    return intoDomain(inner.value((this.innerEnds[bin] as number) + part), this.domain);
  }

  /** The share of the bins up to a number of the inner distribution function. */
  private ofBins(u: number): number {
    if (this.binEnds.length < 2) return 0;
    const bin = placeOf(this.innerEnds, u);
    const part = Math.min(Math.max(u - (this.innerEnds[bin] as number), 0), this.innerMass(bin));
    return (this.binEnds[bin] as number) + part * this.slope(bin);
  }

  private innerMass(bin: number): number {
    return (this.innerEnds[bin + 1] as number) - (this.innerEnds[bin] as number);
  }

  /** The share of a bin over its inner mass. */
  private slope(bin: number): number {
    const mass = this.innerMass(bin);
    return mass > 0 ? ((this.binEnds[bin + 1] as number) - (this.binEnds[bin] as number)) / mass : 0;
  }

  private atomsBelow(value: number): number {
    let [from, to] = [0, this.atoms.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.atoms[middle] as number) < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** 0, and the sums up to each share. */
function cumulated(shares: ArrayLike<number>): Float64Array {
  const ends = new Float64Array(shares.length + 1);
  for (let i = 0; i < shares.length; i++) ends[i + 1] = (ends[i] as number) + (shares[i] as number);
  return ends;
}

/**
 * Returns the index of the interval between rising bounds that contains a number: the first or last one for a number
 * outside.
 */
function placeOf(ends: Float64Array, u: number): number {
  let [low, high] = [0, ends.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ends[middle] as number) <= u) low = middle;
    else high = middle - 1;
  }
  return low;
}
