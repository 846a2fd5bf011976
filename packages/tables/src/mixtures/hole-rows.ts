import type { Key } from "@pushforward/core";
import { normalQuantile } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";

/** The cells of a table to draw: for a column, 1 for each row with a cell to draw. */
export type FreeCells = ReadonlyMap<string, Uint8Array>;

/** Rows with holes that are drawn several times. */
export interface HoleQuestion {
  readonly table: Table;
  /** For each column with holes, 1 for each row with a hole. The value in a hole is ignored. */
  readonly holes: FreeCells;
  /** `true` if a hole may be drawn as a missing cell. */
  readonly mayBeMissing: boolean;
  /** Columns with holes that are integrated out instead of drawn. Default: none. */
  readonly unread?: ReadonlySet<string> | undefined;
}

/** The rows of a question by a mixture: its draws of the holes, and their densities. */
export interface HoleRows {
  /**
   * Log-density of the known cells of each row. If holes may not be missing, it includes the event that every hole has
   * a value.
   */
  readonly logEvidence: Float64Array;
  /**
   * Draws the holes of each row `times` times. Returns the cells of each column with holes, all draws of a row in
   * sequence.
   */
  draw(key: Key, times: number): ReadonlyMap<string, Column>;
  /** @param drawn in the layout of {@link draw}. */
  logJoint(drawn: ReadonlyMap<string, Column>, times: number, asked: AskedDensities): DrawDensities;
}

/** Which draws of each row are looked at. */
export interface AskedDensities {
  readonly byHoles: (draw: number) => boolean;
  readonly byColumns: (draw: number) => boolean;
}

/** Log-densities of the known cells and the cells in the holes of each draw, `[rows, times]`. */
export interface DrawDensities {
  /** As drawn: the known cells come first. */
  readonly byHoles: Float64Array;
  /** In the order of the columns, as the mixture computes the density of a row. Masses of numbers depend on it a little. */
  readonly byColumns: Float64Array;
}

/** Rows with a hole in a column, and the index of each row in this list; −1 for a row without a hole. */
export interface HolePlaces {
  readonly rows: readonly number[];
  readonly place: Int32Array;
}

export function holePlaces(mask: Uint8Array): HolePlaces {
  const rows: number[] = [];
  const place = new Int32Array(mask.length).fill(-1);
  for (let row = 0; row < mask.length; row++) {
    if (mask[row] !== 1) continue;
    place[row] = rows.length;
    rows.push(row);
  }
  return { rows, place };
}

/** Repeats each row of a table `times` times in sequence. */
export function repeatRows({ rows, columns }: Table, times: number): Table {
  return { rows: rows * times, columns: columns.map((column) => repeatCells(column, times)) };
}

/** Repeats each cell of a column `times` times in sequence. */
export function repeatCells(column: Column, times: number): Column {
  if (column.kind === "number") return { ...column, values: repeatNumbers(column.values, times) };
  const values = repeatTexts(column.values, times);
  if (column.missing === undefined || column.missing.size === 0) return { name: column.name, kind: "text", values };
  const missing = new Set<number>();
  for (const row of column.missing) for (let k = 0; k < times; k++) missing.add(row * times + k);
  return { name: column.name, kind: "text", values, missing };
}

function repeatNumbers(numbers: Float64Array, times: number): Float64Array {
  const values = new Float64Array(numbers.length * times);
  for (let i = 0; i < numbers.length; i++) values.fill(numbers[i] as number, i * times, (i + 1) * times);
  return values;
}

function repeatTexts(texts: readonly string[], times: number): string[] {
  const values: string[] = [];
  for (const text of texts) for (let k = 0; k < times; k++) values.push(text);
  return values;
}

/** The draws of each row that are asked for. */
export function askedDraws(times: number, isAsked: (draw: number) => boolean): readonly number[] {
  return Array.from({ length: times }, (_, i) => i).filter(isAsked);
}

/** Some of the draws of each row, from a table with all `times` draws of a row in sequence. */
export function someDraws(table: Table, times: number, asked: readonly number[]): Table {
  if (asked.length === times) return table;
  const places = Array.from({ length: (table.rows / times) * asked.length }, (_, n) => {
    return Math.floor(n / asked.length) * times + (asked[n % asked.length] as number);
  });
  return takeTableRows(table, places);
}

/** The same for a single column. */
export function someCells(column: Column, times: number, asked: readonly number[]): Column {
  return someDraws({ rows: column.values.length, columns: [column] }, times, asked).columns[0] as Column;
}

/**
 * Returns uniform numbers in groups of `times`, with one number of a group in each of `times` equal parts of [0, 1).
 * Several such arrays form a Latin hypercube. Its means vary less than the means of independent numbers.
 */
export function stratified(key: Key, groups: number, times: number): Float64Array {
  const raw = key.uniform(groups * times);
  const order = key.fold("order").uniform(groups * times);
  const result = new Float64Array(groups * times);
  for (let g = 0, from = 0; g < groups; g++, from += times) {
    for (let i = 0; i < times; i++) result[from + i] = i;
    for (let i = times - 1; i > 0; i--) {
      const j = Math.min(i, Math.floor((order[from + i] as number) * (i + 1)));
      const kept = result[from + i] as number;
      result[from + i] = result[from + j] as number;
      result[from + j] = kept;
    }
    for (let i = from; i < from + times; i++) result[i] = ((result[i] as number) + (raw[i] as number)) / times;
  }
  return result;
}

/** Standard normal numbers of the same kind. */
export function stratifiedNormals(key: Key, groups: number, times: number): Float64Array {
  return stratified(key, groups, times).map((u) => normalQuantile(Math.min(Math.max(u, 2 ** -30), 1 - 2 ** -30)));
}

/**
 * Returns the index that a number from 0 to 1 selects by log-weights. The exponentials of the log-weights sum to
 * `exp(total)`.
 */
export function chosenTerm(terms: Float64Array, total: number, u: number): number {
  let left = u;
  for (let k = 0; k < terms.length - 1; k++) {
    left -= Math.exp((terms[k] as number) - total);
    if (left < 0) return k;
  }
  return terms.length - 1;
}

/** Factors of the probabilities by which the cells of a column are drawn. */
export interface Tilt {
  /**
   * The logarithm of the factor of each code. With bounds: of missing cells, and of the numbers up to each bound and above
   * the last one.
   */
  readonly logFactors: Float64Array;
  /** Rising. For columns of numbers that are no codes. */
  readonly bounds?: Float64Array | undefined;
  /** Multiples of the numbers of earlier columns, by name, which are subtracted before a range is looked up. */
  readonly minus?: ReadonlyMap<string, number> | undefined;
}

/** Task of `drawHoles`. */
export interface HoleTask extends HoleQuestion {
  /** Draws of each row. */
  readonly times: number;
  readonly key: Key;
  /**
   * `true` if the networks evaluate only their own draws, and no draws of the mixtures. Default: `true` if the networks
   * draw exactly.
   */
  readonly isInOrder?: boolean | undefined;
  /** By the name of a column: how its holes are drawn if `isInOrder` is true. The weights take it into account. */
  readonly tilts?: ReadonlyMap<string, Tilt> | undefined;
}

/** Number of draws of a row by kind. */
export interface DrawCounts {
  /**
   * Number of draws that the networks evaluate. They are the first draws: first the networks' own draws, then some of
   * each mixture.
   */
  readonly judged: number;
  readonly byOrder: number;
  readonly ofMixtures: readonly number[];
  /** The remaining draws of each mixture, which represent its own part of the density. */
  readonly alone: readonly number[];
}
