import type { Key } from "@pushforward/core";
import type { CellCoding } from "./coding/category-coding.ts";
import {
  type CopyingColumn,
  type CopySource,
  chooseCopy,
  copiedLogProb,
  isKept,
  type PossibleCopy,
  possibleCopies,
  shareOf,
  solvedFor,
  sourceNumber,
} from "./copied-cells.ts";

/** The log-probability of a present cell, from the log-probability of a present cell without copies. */
function logPresentOf({ copies }: CopyingColumn, possible: readonly PossibleCopy[], logPresent: number): number {
  const share = copies?.kept === undefined ? shareOf(possible) : 0;
  return share === 0 ? logPresent : Math.log1p((1 - share) * Math.expm1(logPresent));
}

/** Share of the draws of a number that are the number of its copies, if these are known. */
const LEAST_PULLED = 0.2;
const MOST_PULLED = 0.5;

/** A column whose copies determine a number of an earlier column, which is a term of their source. */
interface Pull {
  readonly copy: number;
  readonly source: CopySource;
  readonly term: number;
  readonly share: number;
}

/** For each draw the log-probabilities without copies: of its cell, of a present cell, and log q of {@link CopiedCells}. */
interface Uncopied {
  readonly logProb: Float64Array;
  readonly logPresent: Float64Array;
  readonly logFree: Float64Array;
}

/** The cells of the draws of rows with holes, by the place of their column. */
export interface DrawnHoleCells {
  isHole(column: number, row: number): boolean;
  /** The number of a cell in a draw; NaN for a missing cell and for a category. */
  numberAt(column: number, row: number, draw: number): number;
  codeAt(column: number, row: number, draw: number): number;
}

/** Copies among the draws of holes. */
export class HoleCopies {
  private readonly columns: readonly CopyingColumn[];
  private readonly cells: DrawnHoleCells;
  /** By the place of a column: the columns whose copies it is a term of. */
  private readonly pulls: Map<number, Pull[]> = new Map();
  /** By the place of a column, then by row: the numbers that its known copies determine. */
  private readonly pulled: Map<number, Map<number, PossibleCopy[]>> = new Map();

  constructor(columns: readonly CopyingColumn[], cells: DrawnHoleCells) {
    this.columns = columns;
    this.cells = cells;
    for (const [copy, { copies }] of columns.entries()) {
      for (const [i, source] of (copies?.sources ?? []).entries()) {
        const share = Math.max(...(copies?.shares ?? []).map((shares) => shares[i] as number));
        for (const [term, place] of source.from.entries()) {
          this.pulls.set(place, [...(this.pulls.get(place) ?? []), { copy, source, term, share }]);
        }
      }
    }
  }

  /** `true` if cells of a column may be copies, or have copies. */
  has(k: number): boolean {
    return this.columns[k]?.copies !== undefined || this.pulls.has(k);
  }

  /**
   * Returns the numbers that replace some of the drawn ones: the number of a source, if the column has copies, and the
   * number that follows from a known copy. Draws of the networks hardly ever equal a known copy.
   *
   * @param logPresent the log-probability of a present cell without copies, for each draw. Undefined: 0.
   * @returns undefined for the draws that stay.
   */
  draw(
    k: number,
    rows: readonly number[],
    count: number,
    key: Key,
    logPresent: (place: number, draw: number) => number,
  ): (number | undefined)[] {
    const coins = key.fold("copy").uniform(rows.length * count);
    const pulled = key.fold("pull").uniform(rows.length * count);
    return Array.from(coins, (coin, at) => {
      const [place, i] = [Math.floor(at / count), at % count];
      const row = rows[place] as number;
      const pull = chooseCopy(this.pulledIn(k, row, i), pulled[at] as number);
      if (pull !== undefined) return pull;
      const column = this.columns[k] as CopyingColumn;
      if (column.copies === undefined || isKept(column.copies, this.cells.numberAt(k, row, i))) return undefined;
      const possible = this.possible(k, row, i);
      // If missing cells may become copies, a larger share of the present cells are copies.
      const isMissingKept = column.copies.kept !== undefined;
      const allowed = isMissingKept ? 1 : Math.exp(logPresentOf(column, possible, logPresent(place, i)));
      return chooseCopy(possible, coin * allowed);
    });
  }

  /**
   * Replaces log-probabilities without copies by the same with copies.
   *
   * @param count draws of each row.
   */
  addCopies(k: number, rows: readonly number[], count: number, { logProb, logPresent, logFree }: Uncopied): void {
    const column = this.columns[k] as CopyingColumn;
    for (const [g, row] of rows.entries()) {
      for (let i = 0, at = g * count; i < count; i++, at++) {
        const possible = this.possible(k, row, i);
        const own = this.cells.numberAt(k, row, i);
        logProb[at] = copiedLogProb(possible, logProb[at] as number, own, logFree[at], column.copies?.kept);
        logPresent[at] = logPresentOf(column, possible, logPresent[at] as number);
      }
    }
  }

  /** The log-probabilities of the draws of a hole as they are drawn, from the same without the numbers of its copies. */
  logDrawn(k: number, row: number, logOrder: Float64Array): Float64Array {
    if (!this.pulls.has(k)) return logOrder;
    return logOrder.map((value, draw) =>
      copiedLogProb(this.pulledIn(k, row, draw), value, this.cells.numberAt(k, row, draw)),
    );
  }

  private possible(k: number, row: number, draw: number): PossibleCopy[] {
    const { cells } = this;
    return possibleCopies(
      this.columns[k] as CopyingColumn,
      (place) => cells.numberAt(place, row, draw),
      (place) => cells.codeAt(place, row, draw),
    );
  }

  /** The numbers that known copies determine in a draw of a row, and the share of the draws for each number. */
  private pulledIn(k: number, row: number, draw: number): PossibleCopy[] {
    const pulls = this.pulls.get(k);
    if (pulls === undefined) return [];
    // An earlier term that is a hole differs between draws.
    if (pulls.some(({ source }) => source.from.some((place) => place < k && this.cells.isHole(place, row)))) {
      return this.findPulled(k, row, draw);
    }
    const rows = this.pulled.get(k) ?? new Map<number, PossibleCopy[]>();
    this.pulled.set(k, rows);
    const pulled = rows.get(row) ?? this.findPulled(k, row, draw);
    rows.set(row, pulled);
    return pulled;
  }

  private findPulled(k: number, row: number, draw: number): PossibleCopy[] {
    const { coding } = this.columns[k] as CopyingColumn;
    const numberAt = (place: number): number => this.cells.numberAt(place, row, draw);
    const known = (this.pulls.get(k) ?? []).flatMap(({ copy, source, term, share }) => {
      const solved = solvedFor(source, term, copy);
      if (this.cells.isHole(copy, row) || solved.from.some((place) => place >= k && this.cells.isHole(place, row)))
        return [];
      const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = source;
      const isCopied = numberAt(copy) >= low && numberAt(copy) <= high;
      const value = sourceNumber(solved, coding, numberAt);
      return isCopied && canBe(coding, value) ? [{ value, share }] : [];
    });
    const total = shareOf(known);
    const pulled = Math.min(MOST_PULLED, Math.max(LEAST_PULLED, total));
    return known.map(({ value, share }) => ({ value, share: (share * pulled) / total }));
  }
}

/** `true` if a column can have a present number. */
function canBe({ support }: CellCoding, value: number): boolean {
  return support !== undefined && value >= support.low && value <= support.high;
}
