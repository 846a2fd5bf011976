import type { Key } from "@pushforward/core";
import type { CodedCells } from "./cell-limits.ts";
import type { CellCoding } from "./coding/category-coding.ts";
import {
  type CopyingColumn,
  type CopySource,
  isKept,
  mayCopy,
  PossibleCopies,
  possibleCopies,
  setEvery,
  solvedFor,
  sourceNumbers,
} from "./copied-cells.ts";

/** The log-probability of a present cell, from the log-probability of a present cell without copies. */
function logPresentOf({ copies }: CopyingColumn, shareOfCopies: number, logPresent: number): number {
  const share = copies?.kept === undefined ? shareOfCopies : 0;
  return share === 0 ? logPresent : Math.log1p((1 - share) * Math.expm1(logPresent));
}

/** Share of the draws of a number that are the number of its copies, if these are known. */
const LEAST_PULLED = 0.2;
const MOST_PULLED = 0.9;

/** A column with copies that determine a number of an earlier column: a term of their source. */
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
  /** The numbers of a column in the first draws of some rows; NaN for a missing cell and for a category. */
  numbersOf(column: number, rows: readonly number[], count: number): Float64Array;
  codesOf(column: number, rows: readonly number[], count: number): Float32Array;
  /** The coded cells of a column in the same draws. */
  codedOf(column: number, rows: readonly number[], count: number): CodedCells;
}

/** Copies among the draws of holes. */
export class HoleCopies {
  private readonly columns: readonly CopyingColumn[];
  private readonly cells: DrawnHoleCells;
  /** By the place of a column: the columns with copies that have it as a term. */
  private readonly pulls: Map<number, Pull[]> = new Map();
  /** By the place of a column: 1 for each draw with the number of a known copy, for the first draws of its holes. */
  readonly pulled: Map<number, Uint8Array> = new Map();

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
    return mayCopy(this.columns[k] as CopyingColumn) || this.pulls.has(k);
  }

  /**
   * Returns the numbers that replace drawn cells: a copied or recalled number, or the number that follows from a known copy.
   * Draws of the networks rarely equal a known copy.
   *
   * @param logPresent the log-probability of a present cell without copies, for each draw.
   * @returns NaN for the draws that stay.
   */
  draw(k: number, rows: readonly number[], count: number, key: Key, logPresent: Float64Array): Float64Array {
    const coins = key.fold("copy").uniform(rows.length * count);
    const uniforms = key.fold("pull").uniform(rows.length * count);
    const column = this.columns[k] as CopyingColumn;
    const pulled = this.pulledIn(k, rows, count);
    const possible = this.possible(k, rows, count);
    const flags = new Uint8Array(rows.length * count);
    if (this.pulls.has(k)) this.pulled.set(k, flags);
    // If missing cells may become copies, a larger share of the present cells are copies.
    const isMissingKept = column.copies?.kept !== undefined;
    return this.cells.numbersOf(k, rows, count).map((own, at) => {
      const pull = pulled.choose(at, uniforms[at] as number);
      if (!Number.isNaN(pull)) flags[at] = 1;
      if (!Number.isNaN(pull) || isKept(column.copies, own)) return pull;
      const allowed = isMissingKept ? 1 : Math.exp(logPresentOf(column, possible.share(at), logPresent[at] as number));
      return possible.choose(at, (coins[at] as number) * allowed);
    });
  }

  /**
   * Replaces log-probabilities without copies by the same with copies.
   *
   * @param count draws of each row.
   */
  addCopies(k: number, rows: readonly number[], count: number, { logProb, logPresent, logFree }: Uncopied): void {
    const column = this.columns[k] as CopyingColumn;
    const possible = this.possible(k, rows, count);
    const own = this.cells.numbersOf(k, rows, count);
    for (let at = 0; at < own.length; at++) {
      const value = own[at] as number;
      logProb[at] = possible.logProb(at, logProb[at] as number, value, logFree[at], column.copies?.kept);
      logPresent[at] = logPresentOf(column, possible.share(at), logPresent[at] as number);
    }
  }

  /**
   * The log-probabilities of the draws of a hole as they are drawn, from the same without the numbers of its copies.
   *
   * @param flags 1 for each draw with the number of a copy, if the probability of this number without copies is not known.
   * Then only these draws have the number.
   */
  logDrawn(k: number, row: number, logOrder: Float64Array, flags?: Uint8Array): Float64Array {
    if (!this.pulls.has(k)) return logOrder;
    const pulled = this.pulledIn(k, [row], logOrder.length);
    const own = this.cells.numbersOf(k, [row], logOrder.length);
    return logOrder.map((value, draw) => {
      const drawn = pulled.logProb(draw, flags?.[draw] === 1 ? Number.NEGATIVE_INFINITY : value, own[draw] as number);
      const isOther = flags?.[draw] === 0 && pulled.has(draw, own[draw] as number);
      return isOther ? Number.NEGATIVE_INFINITY : drawn;
    });
  }

  private possible(k: number, rows: readonly number[], count: number): PossibleCopies {
    return possibleCopies(this.columns[k] as CopyingColumn, {
      cells: rows.length * count,
      numbersOf: (place) => this.cells.numbersOf(place, rows, count),
      codesOf: (place) => this.cells.codesOf(place, rows, count),
      cellsOf: (place) => this.cells.codedOf(place, rows, count),
    });
  }

  /** The numbers that known copies determine in the draws of some rows, and the share of the draws for each number. */
  private pulledIn(k: number, rows: readonly number[], count: number): PossibleCopies {
    const pulls = this.pulls.get(k) ?? [];
    const values = new Float64Array(pulls.length * rows.length * count).fill(Number.NaN);
    for (const [p, pull] of pulls.entries()) {
      for (const [g, row] of rows.entries()) {
        setEvery(values, g * count * pulls.length + p, pulls.length, this.pulledBy(k, pull, row, count));
      }
    }
    return new PossibleCopies(
      pulls.length,
      values,
      pulledShares(
        values,
        Float64Array.from(pulls, ({ share }) => share),
      ),
    );
  }

  /** The numbers that a known copy determines in the draws of a row; none or NaN where it does not. */
  private pulledBy(k: number, { copy, source, term }: Pull, row: number, count: number): Float64Array {
    const { coding } = this.columns[k] as CopyingColumn;
    const solved = solvedFor(source, term, copy);
    const isUnknown = (place: number): boolean => place >= k && this.cells.isHole(place, row);
    if (this.cells.isHole(copy, row) || solved.from.some(isUnknown)) return NONE;
    const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = source;
    const [copied] = this.cells.numbersOf(copy, [row], 1) as unknown as readonly [number];
    if (!(copied >= low && copied <= high)) return NONE;
    const numbers = sourceNumbers(solved, coding, count, (place) => this.cells.numbersOf(place, [row], count));
    return numbers.map((value) => (canBe(coding, value) ? value : Number.NaN));
  }
}

const NONE = new Float64Array();

/**
 * The shares of the draws that are pulled, for each of `own.length` numbers of a draw.
 *
 * @param own the share of the copies that each number comes from.
 */
function pulledShares(values: Float64Array, own: Float64Array): Float64Array {
  const shares = new Float64Array(values.length);
  const count = own.length;
  for (let from = 0; from < values.length; from += count) {
    let total = 0;
    for (let p = 0; p < count; p++) if (!Number.isNaN(values[from + p])) total += own[p] as number;
    const pulled = Math.min(MOST_PULLED, Math.max(LEAST_PULLED, total));
    for (let p = 0; p < count; p++) {
      if (!Number.isNaN(values[from + p])) shares[from + p] = ((own[p] as number) * pulled) / total;
    }
  }
  return shares;
}

/** `true` if a column can have a present number. */
function canBe({ support }: CellCoding, value: number): boolean {
  return support !== undefined && value >= support.low && value <= support.high;
}
