import { DataError } from "@pushforward/core";
import type { CellSettings } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";

/** Numbers that describe a cell to the head of its column: code, log-weight, both ends of an interval, its width. */
export const CELL_SIZE = 5;

/** A column as its own density and those of other columns read it, row by row. */
export interface CodedColumn {
  /** The code of each cell, as an input of other columns: always a code that occurs. */
  readonly codes: Float32Array;
  /** `[rows, 5]`, see `cellLogProb`. */
  readonly cells: Float32Array;
  /** `log δ·w(x)`: what a cell has in any case, however the head judges it. */
  readonly logFloor: Float64Array;
  /** `[rows, featureCount]`: what the columns behind it read besides the code. */
  readonly features: Float32Array;
  readonly featureCount: number;
}

/**
 * Where rows come from: "own" ones are those that a coding was made of, and have leave-one-out frequencies; "new" ones are
 * any others.
 */
export type RowOrigin = "own" | "new";

/** The numbers of a column that can be drawn. */
export interface NumberSupport {
  /** Where they begin and end. */
  readonly low: number;
  readonly high: number;
  /** All of them, where they are few. */
  readonly values?: readonly number[] | undefined;
}

/** How the cells of a column become codes, and codes cells. */
export interface CellCoding {
  /** Outcomes of the head; with components the last one stands for the mixture. */
  readonly codes: number;
  /** Components of the mixture of logistics, 0 for none. */
  readonly components: number;
  /** Numbers besides its code that each cell tells the columns behind it; 0 for categories without an order. */
  readonly featureCount: number;
  /** Whether the features begin with the place of the cell among the others: `writeRankFeatures`. */
  readonly hasRank: boolean;
  /** The code of a missing cell; undefined where none was missing. */
  readonly missingCode: number | undefined;
  /** The kind of column that is encoded and decoded. */
  readonly columnKind: Column["kind"];
  /** The numbers that can be drawn; absent for categories. */
  readonly support?: NumberSupport | undefined;
  /** Spacing of numbers; 0 for real numbers and categories. */
  readonly step: number;
  /** How often each code occurs in the rows that the coding was made of. */
  readonly counts: readonly number[];
  /** Log-probabilities of the codes in these rows. */
  readonly logMarginal: Float64Array;
  /** `log(1 − δ)`: what is left for the head. */
  readonly logHead: number;
  /** Log-probabilities of the codes that occur so often in some rows, with a share for the mixture if there is one. */
  logFrequencies(counts: ArrayLike<number>): Float64Array;
  /** @param origin Default: "new". */
  encode(column: Column, origin?: RowOrigin): CodedColumn;
  /**
   * The column of drawn cells.
   *
   * @param codes of the cells.
   * @param uniforms places within the cells of codes that stand for several values, from 0 to 1.
   * @param quantiles places on the normal quantile scale, for the cells of the mixture.
   */
  decode(name: string, codes: Int32Array, uniforms: Float64Array, quantiles: Float64Array): Column;
}

/**
 * The column of a name in a table.
 *
 * @throws {DataError} there is none.
 */
export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = listNames(table.columns.map((column) => column.name));
  throw new DataError(`table: expected a column "${name}", got the columns ${names}.`, { column: name });
}

/** How many numbers the head of a cell has: logits of the codes, then logits, means and log-scales of the mixture. */
export function headSize({ codes, components }: CellSettings): number {
  return codes + 3 * components;
}

/** The logarithms of the shares of some counts, each with half a row more, so that none is zero. */
export function logShares(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((count + 0.5) / total));
}
