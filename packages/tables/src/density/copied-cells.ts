import type { Key } from "@pushforward/core";
import { logAddExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import type { CodedColumn } from "./coding/category-coding.ts";

/** Copies of numbers: `p(x | …) = (1 − π) p_networks(x | …) + π [x = y]` where the number y of the source is present. */
export interface CopiedCells {
  /** Place of the source, a column before it. */
  readonly from: number;
  /** π, above 0 and below 1. */
  readonly share: number;
}

/** `true` if a number is a copy of a second one: equal up to the rounding of computed numbers on a grid. */
export function isCopy(value: number, source: number): boolean {
  return value === source || Math.abs(value - source) <= 1e-12 * Math.abs(source);
}

/** Replaces drawn cells by their sources, where these are present and a uniform number is below the share. */
export function withCopies(column: Column, source: Column, share: number, uniforms: ArrayLike<number>): Column {
  if (column.kind !== "number" || source.kind !== "number") return column;
  const values = column.values.map((value, row) => {
    const other = source.values[row] as number;
    return !Number.isNaN(other) && (uniforms[row] as number) < share ? other : value;
  });
  return { ...column, values };
}

/** The log-probabilities of cells that may be copies, from the log-probabilities of the same cells without copies. */
export function copiedLogProb(
  share: number,
  logProb: Float64Array,
  { values: own }: Pick<CodedColumn, "values">,
  { values: sources }: Pick<CodedColumn, "values">,
): Float64Array {
  const [logOther, logShare] = [Math.log1p(-share), Math.log(share)];
  return logProb.map((value, row) => {
    const source = sources?.[row] ?? Number.NaN;
    if (Number.isNaN(source)) return value;
    const other = logOther + value;
    return isCopy(own?.[row] ?? Number.NaN, source) ? logAddExp(other, logShare) : other;
  });
}

/** The log-probability of a present cell that is a copy with a probability, from that of a cell that is none. */
function logPresentOf(share: number, logPresent: number): number {
  return Math.log1p((1 - share) * Math.expm1(logPresent));
}

/** Share of the draws of a number that are the number of its copy, if that is known. */
const LEAST_PULLED = 0.2;
const MOST_PULLED = 0.5;

/** A column of a task with holes, as {@link HoleCopies} needs it. */
interface CopiedColumn {
  readonly copies?: CopiedCells | undefined;
}

/** The number of a column in a draw of a row; NaN if missing. */
type NumberAt = (column: number, row: number, draw: number) => number;

/** Copies among the draws of holes. */
export class HoleCopies {
  private readonly columns: readonly CopiedColumn[];
  private readonly numberAt: NumberAt;
  private readonly isHole: (column: number, row: number) => boolean;
  /** For a column that another one copies, by its place: the place of the copy, and the share of draws that equal it. */
  private readonly pulls: ReadonlyMap<number, CopiedCells>;

  constructor(columns: readonly CopiedColumn[], numberAt: NumberAt, isHole: (column: number, row: number) => boolean) {
    this.columns = columns;
    this.numberAt = numberAt;
    this.isHole = isHole;
    this.pulls = new Map(
      columns.flatMap(({ copies }, k) =>
        copies === undefined
          ? []
          : [[copies.from, { from: k, share: Math.min(MOST_PULLED, Math.max(LEAST_PULLED, copies.share)) }] as const],
      ),
    );
  }

  /** `true` if cells of a column may be copies, or have copies. */
  has(k: number): boolean {
    return this.columns[k]?.copies !== undefined || this.pulls.has(k);
  }

  /**
   * Returns the numbers that replace some of the drawn ones: the number of the source, if the column copies one, and the
   * number of its own copy, if that is known. Draws of the networks hardly ever equal a known copy.
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
    const copies = this.columns[k]?.copies;
    const coins = key.fold("copy").uniform(rows.length * count);
    const pulled = key.fold("pull").uniform(rows.length * count);
    return Array.from(coins, (coin, at) => {
      const [place, i] = [Math.floor(at / count), at % count];
      const row = rows[place] as number;
      const pull = this.pullOf(k, row);
      if (pull !== undefined && (pulled[at] as number) < pull.share) return pull.value;
      const source = copies === undefined ? Number.NaN : this.numberAt(copies.from, row, i);
      if (copies === undefined || Number.isNaN(source)) return undefined;
      const allowed = Math.exp(logPresentOf(copies.share, logPresent(place, i)));
      return coin < copies.share / allowed ? source : undefined;
    });
  }

  /** The log-probabilities of a cell and of a present cell in a draw, from the same without copies. */
  logProb(k: number, row: number, draw: number, logProb: number, logPresent: number): readonly [number, number] {
    const copies = this.columns[k]?.copies;
    const source = copies === undefined ? Number.NaN : this.numberAt(copies.from, row, draw);
    if (copies === undefined || Number.isNaN(source)) return [logProb, logPresent];
    const other = Math.log1p(-copies.share) + logProb;
    const isEqual = isCopy(this.numberAt(k, row, draw), source);
    return [isEqual ? logAddExp(other, Math.log(copies.share)) : other, logPresentOf(copies.share, logPresent)];
  }

  /** The log-probability of a drawn cell as it is drawn, from the same without the number of its copy. */
  logDrawn(k: number, row: number, draw: number, logOrder: number): number {
    const pull = this.pullOf(k, row);
    if (pull === undefined) return logOrder;
    const other = logOrder + Math.log1p(-pull.share);
    return isCopy(this.numberAt(k, row, draw), pull.value) ? logAddExp(other, Math.log(pull.share)) : other;
  }

  /** The known number of the copy of a column in a row, and the share of draws that equal it. */
  private pullOf(k: number, row: number): { readonly value: number; readonly share: number } | undefined {
    const pull = this.pulls.get(k);
    if (pull === undefined || this.isHole(pull.from, row)) return undefined;
    const value = this.numberAt(pull.from, row, 0);
    return Number.isNaN(value) ? undefined : { value, share: pull.share };
  }
}
