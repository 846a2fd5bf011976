import type { NumberCoding, NumberMarginal } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";

/** The distribution function of a column of numbers with bins, separately for atoms and bins. */
export interface BinRanks {
  /** Sums of the shares of atoms. */
  readonly atomEnds: readonly number[];
  /** Sums of the shares of bins. */
  readonly binEnds: readonly number[];
  /** The distribution function within bins, at the edges. */
  readonly innerEnds: readonly number[];
  /** Its rise over each bin. */
  readonly masses: readonly number[];
  /** The share of each bin over its mass. */
  readonly slopes: readonly number[];
}

/** @param inner the distribution of the values within bins. */
export function binRanks({ options: { atoms, edges, counts } }: NumberCoding, inner: NumberMarginal): BinRanks {
  const shares = sharesOf(counts.slice(0, atoms.length + edges.length - 1));
  const atomEnds = cumulated(shares.slice(0, atoms.length));
  const binEnds = cumulated(shares.slice(atoms.length));
  const innerEnds = edges.map((edge) => inner.cdf(edge));
  const masses = innerEnds.slice(1).map((end, b) => end - (innerEnds[b] as number));
  const slopes = masses.map((mass, b) => (mass > 0 ? ((binEnds[b + 1] as number) - (binEnds[b] as number)) / mass : 0));
  return { atomEnds, binEnds, innerEnds, masses, slopes };
}

function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return counts.map((count) => (count + 0.5) / total);
}

function cumulated(shares: readonly number[]): number[] {
  let sum = 0;
  return [0, ...shares.map((share) => (sum += share))];
}

/**
 * A column of a table as read by its own density and by the densities of later columns. All values are float64
 * `[rows, 1]` unless noted.
 */
export interface CodedCells {
  /** The cells: a number, or the place of a category; NaN for a missing one. */
  readonly values: GraphValue;
  /** The code of each cell as an input of other columns. */
  readonly codes: GraphValue;
  /** Input `[rows, 5]` of `cellLogProb`: the code of the cell or −1, its log-weight, and its interval. */
  readonly cells: GraphValue;
  readonly logFloor: GraphValue;
  /** `[rows, n]`; undefined if the column has no features. */
  readonly features: GraphValue | undefined;
}

/**
 * Cells that are given, as by `asGiven` of the tables. A cell that cannot occur carries no information about the
 * remaining cells.
 */
export function asGiven(maths: Maths, { cells, logFloor, ...others }: CodedCells): CodedCells {
  const isImpossible = maths.and(
    maths.less(maths.column(cells, 0), 0),
    maths.equal(logFloor, Number.NEGATIVE_INFINITY),
  );
  return { ...others, cells, logFloor: maths.where(isImpossible, 0, logFloor) };
}
