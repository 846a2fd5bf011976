import { isOrdered } from "../../rules/row-rules.ts";
import type { CellCoding } from "../coding/category-coding.ts";
import { type CopiedCells, type CopySource, sourceNumbers } from "../copied-cells.ts";
import type { DensityColumn } from "../density-column.ts";
import { sumOf } from "./copy-shares.ts";
import type { EncodedColumns } from "./encoded-columns.ts";
import { isSame } from "./find-copies.ts";

/** Maximum share of the rows with a number beyond the source. */
const MOST_BEYOND = 0.1;
/** Candidate factors. If the first one has no gain, the remaining factors are skipped. */
const ODDS = [0.1, 0.3, 0.03, 0.01];
/** Gain in nats on the validation rows, in addition to the logarithm of the number of tries. */
const LEAST_GAIN = 5;

/** A column with copies, for the search of an edge. */
export interface EdgeTask {
  readonly column: DensityColumn & { readonly copies: CopiedCells };
  readonly index: number;
  /** Validation rows. */
  readonly judged: EncodedColumns;
  /** The log-probabilities of the validation cells by a column with these copies. */
  readonly logProb: (column: DensityColumn) => Float64Array;
}

/**
 * The copies of a column with an edge: a source beyond which numbers are rare, such as a basement that is seldom larger than
 * the floor above it. Networks of few rows see such an edge, which moves from row to row, as a slope. Undefined without a
 * source with a factor that gains enough on the validation rows.
 */
export function findEdge({ column, index, judged, logProb }: EdgeTask): CopiedCells | undefined {
  const { copies, coding } = column;
  const before = sumOf(logProb(column));
  let best: { readonly copies: CopiedCells; readonly gain: number } | undefined;
  for (const [s, source] of copies.sources.entries()) {
    for (const side of ["above", "below"] as const) {
      if (beyond(source, coding, judged, index)[side] > MOST_BEYOND) continue;
      for (const odds of ODDS) {
        const sources = copies.sources.with(s, { ...source, [side]: odds });
        const tried = { ...copies, sources };
        const gain = sumOf(logProb({ ...column, copies: tried })) - before;
        if (best === undefined || gain > best.gain) best = { copies: tried, gain };
        if (gain <= 0) break;
      }
    }
  }
  const needed = LEAST_GAIN + Math.log(2 * copies.sources.length * ODDS.length);
  return best !== undefined && best.gain > needed ? best.copies : undefined;
}

/** Share of copies that is none, because shares are above 0. */
const NO_SHARE = 1e-12;

/** The same copies, which are nearly never made: the networks alone, with the edge. */
export function withoutShares(copies: CopiedCells): CopiedCells {
  return { ...copies, shares: copies.shares.map((own) => own.map(() => NO_SHARE)) };
}

/** Copies with the edge of other copies; undefined if they lack its source. */
export function withEdgeOf(copies: CopiedCells, { sources }: CopiedCells): CopiedCells | undefined {
  const edge = sources.find(({ above, below }) => above !== undefined || below !== undefined);
  const place = copies.sources.findIndex((source) => edge !== undefined && isSame(source, edge));
  if (edge === undefined || place < 0) return undefined;
  const { above, below } = edge;
  const source = {
    ...(copies.sources[place] as CopySource),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
  };
  return { ...copies, sources: copies.sources.with(place, source) };
}

/** The shares of the rows with a number above a source, and below it. */
function beyond(
  source: CopySource,
  coding: CellCoding,
  rows: EncodedColumns,
  index: number,
): Readonly<Record<"above" | "below", number>> {
  const own = rows.at(index).values as Float64Array;
  const numbers = sourceNumbers(source, coding, rows.rows, (place) => rows.at(place).values as Float64Array);
  let [above, below, both] = [0, 0, 0];
  for (const [row, number] of numbers.entries()) {
    const value = own[row] as number;
    if (Number.isNaN(number) || Number.isNaN(value)) continue;
    both++;
    if (!isOrdered(value, number)) above++;
    if (!isOrdered(number, value)) below++;
  }
  return { above: above / both, below: below / both };
}
