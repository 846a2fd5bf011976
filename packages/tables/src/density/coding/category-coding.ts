import { DataError } from "@pushforward/core";
import type { CellSettings } from "@pushforward/core/extend";
import type { Column, Table, TextColumn } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import { RANK_FEATURES, writeRankFeatures } from "./number-features.ts";

/** Size of a cell for the head of its column: code, log-weight, both bounds of an interval, its width. */
export const CELL_SIZE = 5;

/** A column in the form that its own density and the densities of later columns read, row by row. */
export interface CodedColumn {
  /** The code of each cell, as an input of other columns: always a code that occurs. */
  readonly codes: Float32Array;
  /** `[rows, 5]`, see `cellLogProb`. */
  readonly cells: Float32Array;
  /** `log δ·w(x)`: the floor of the log-probability of a cell, independent of the head. */
  readonly logFloor: Float64Array;
  /** `[rows, featureCount]`: features that later columns read in addition to the code. */
  readonly features: Float32Array;
  readonly featureCount: number;
  /** The numbers of a column of numbers. */
  readonly values: Float64Array | undefined;
}

/**
 * Origin of rows. "own" rows are the rows that a coding was made from; they have leave-one-out frequencies. "new" rows
 * are any other rows.
 */
export type RowOrigin = "own" | "new";

/** The numbers of a column that can be drawn. */
export interface NumberSupport {
  /** Where they begin and end. */
  readonly low: number;
  readonly high: number;
  /** All numbers, if their number is small. */
  readonly values?: readonly number[] | undefined;
}

/** How the cells of a column become codes, and codes cells. */
export interface CellCoding {
  /** Outcomes of the head. With components the last outcome is the mixture. */
  readonly codes: number;
  /** Components of the mixture of logistics, 0 for none. */
  readonly components: number;
  /** Number of features of a cell in addition to its code, read by later columns; 0 for categories without an order. */
  readonly featureCount: number;
  /** `true` if the features begin with the rank of the cell: `writeRankFeatures`. */
  readonly hasRank: boolean;
  /** The code of a missing cell; undefined where none was missing. */
  readonly missingCode: number | undefined;
  /** The kind of column that is encoded and decoded. */
  readonly columnKind: Column["kind"];
  /** The numbers that can be drawn; absent for categories. */
  readonly support?: NumberSupport | undefined;
  /** Spacing of numbers; 0 for real numbers and categories. */
  readonly step: number;
  /** A number of the grid; absent for categories. */
  readonly center?: number | undefined;
  /** How often each code occurs in the rows that the coding was made of. */
  readonly counts: readonly number[];
  /** Log-probabilities of the codes in these rows. */
  readonly logMarginal: Float64Array;
  /** `log(1 − δ)`: log-probability that remains for the head. */
  readonly logHead: number;
  /**
   * Log-probabilities of codes with the given counts in some rows, including a share for the mixture if the column has
   * one.
   */
  logFrequencies(counts: ArrayLike<number>): Float64Array;
  /** @param origin Default: "new". */
  encode(column: Column, origin?: RowOrigin): CodedColumn;
  /**
   * Returns the column of drawn cells.
   *
   * @param codes of the cells.
   * @param uniforms places within the cells of codes that represent several values, from 0 to 1.
   * @param quantiles places on the normal quantile scale, for the cells of the mixture.
   */
  decode(name: string, codes: Int32Array, uniforms: Float64Array, quantiles: Float64Array): Column;
}

/**
 * Returns the column of a table by name.
 *
 * @throws {DataError} no such column.
 */
export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = listNames(table.columns.map((column) => column.name));
  throw new DataError(`table: expected a column "${name}", got the columns ${names}.`, { column: name });
}

/** Size of the head of a cell: logits of the codes, then logits, means and log-scales of the mixture. */
export function headSize({ codes, components }: CellSettings): number {
  return codes + 3 * components;
}

/** The running sums of the exponentials of some logits, over the largest one. */
export function cumulate(sums: Float64Array, logits: ArrayLike<number>, from: number): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < sums.length; k++) highest = Math.max(highest, logits[from + k] as number);
  let total = 0;
  for (let k = 0; k < sums.length; k++) {
    total += Math.exp((logits[from + k] as number) - highest);
    sums[k] = total;
  }
}

/** The logarithms of the shares of some counts, each with half a row more, so that none is zero. */
export function logShares(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((count + 0.5) / total));
}

/** The parts of a {@link CategoryCoding}, as a model file stores them. */
export interface CategoryCodingOptions {
  readonly categories: readonly string[];
  /** Count of each category, then, if cells are missing, the count of missing cells. */
  readonly counts: readonly number[];
  /** The categories in their order, where they have one. Default: they have none. */
  readonly levels?: readonly string[] | undefined;
}

/**
 * A column of categories: one code for each category, and one for a missing cell if cells are missing. Ordered
 * categories also have a rank.
 */
export class CategoryCoding implements CellCoding {
  readonly categories: readonly string[];
  readonly counts: readonly number[];
  readonly codes: number;
  readonly components = 0;
  readonly levels: readonly string[] | undefined;
  readonly featureCount: number;
  readonly hasRank: boolean;
  readonly missingCode: number | undefined;
  readonly columnKind = "text";
  readonly step = 0;
  readonly logMarginal: Float64Array;
  readonly logHead: number;
  private readonly index: ReadonlyMap<string, number>;
  private readonly common: number;
  private readonly logUnseen: number;
  /** The features of each code; none for a missing cell. */
  private readonly ranks: readonly Float32Array[];

  constructor({ categories, counts, levels }: CategoryCodingOptions) {
    this.categories = [...categories];
    this.counts = [...counts];
    this.codes = counts.length;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    this.logMarginal = this.logFrequencies(counts);
    this.logHead = Math.log1p(-1 / (rows + 1));
    // New categories share it, and missing cells where none was seen.
    this.logUnseen = -Math.log((counts.length > categories.length ? 1 : 2) * (rows + 1));
    this.index = new Map(categories.map((category, code) => [category, code]));
    this.levels = levels && [...levels];
    this.hasRank = levels !== undefined;
    this.featureCount = this.hasRank ? RANK_FEATURES : 0;
    this.missingCode = counts.length > categories.length ? counts.length - 1 : undefined;
    this.ranks = levels === undefined ? [] : rankFeatures(categories, counts, levels);
    this.common = counts.indexOf(Math.max(...counts));
  }

  /** `true` if the column can have a category: a training row had it, or it belongs to the levels. */
  has(category: string): boolean {
    return this.index.has(category);
  }

  logFrequencies(counts: ArrayLike<number>): Float64Array {
    return logShares(Array.from(counts));
  }

  encode(column: Column): CodedColumn {
    const { kind, values } = column;
    const rows = values.length;
    const missing = kind === "text" ? column.missing : undefined;
    const codes = new Float32Array(rows);
    const cells = new Float32Array(rows * CELL_SIZE);
    const logFloor = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    const { featureCount } = this;
    const features = new Float32Array(rows * featureCount);
    for (let i = 0; i < rows; i++) {
      const isMissing = missing?.has(i) ?? false;
      const code = isMissing ? this.missingCode : this.index.get(String(values[i]));
      codes[i] = code ?? this.common;
      cells[i * CELL_SIZE] = code ?? -1;
      if (code === undefined) logFloor[i] = this.logUnseen;
      const rank = code === undefined ? undefined : this.ranks[code];
      if (rank !== undefined) features.set(rank, i * featureCount);
    }
    // With the same names in the same order as numbers: compiled code that reads both stays fast.
    return { codes, cells, logFloor, features, featureCount, values: undefined };
  }

  decode(name: string, codes: Int32Array): TextColumn {
    const missing = new Set<number>();
    const values = Array.from(codes, (code, row) => {
      if (code < this.categories.length) return this.categories[code] as string;
      missing.add(row);
      return "";
    });
    return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
  }
}

/** Rank features of ordered categories: the place of each category among the rows, and its standardized number. */
function rankFeatures(
  categories: readonly string[],
  counts: readonly number[],
  levels: readonly string[],
): Float32Array[] {
  const places = new Map(levels.map((level, place) => [level, place]));
  const placeOf = (code: number): number => places.get(categories[code] as string) as number;
  const shares = categories.map((_, code) => (counts[code] as number) + 0.5);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const mean = shares.reduce((sum, share, code) => sum + (share / total) * placeOf(code), 0);
  const variance = shares.reduce((sum, share, code) => sum + (share / total) * (placeOf(code) - mean) ** 2, 0);
  return categories.map((_, code) => {
    const place = placeOf(code);
    const below = shares.reduce((sum, share, other) => sum + (placeOf(other) < place ? share : 0), 0);
    const features = new Float32Array(RANK_FEATURES);
    const rank = (below + (shares[code] as number) / 2) / total;
    writeRankFeatures(rank, (place - mean) / (Math.sqrt(variance) || 1), features, 0);
    return features;
  });
}

/** Known facts about a text column in addition to its training rows. */
export interface CategoryCodingHints {
  /** Rows with categories that can also occur, but are not counted. Default: none. */
  readonly support?: TextColumn | undefined;
  /** The categories in order; all can occur. Default: no order. */
  readonly levels?: readonly string[] | undefined;
}

/**
 * The coding of a column of text: its categories by how often they occur, ties by code point.
 *
 * @throws {DataError} there are no rows, or a category is none of the levels.
 */
export function categoryCoding(column: TextColumn, { support, levels }: CategoryCodingHints = {}): CategoryCoding {
  const { name, values, missing } = column;
  if (values.length === 0) throw new DataError(`table: expected rows, got none in column "${name}".`, { column: name });
  const counts = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (!missing?.has(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const [row, value] of support?.values.entries() ?? []) {
    if (!support?.missing?.has(row) && !counts.has(value)) counts.set(value, 0);
  }
  for (const level of levels ?? []) if (!counts.has(level)) counts.set(level, 0);
  const other = levels && [...counts.keys()].find((value) => !levels.includes(value));
  if (levels !== undefined && other !== undefined) {
    throw new DataError(`table: expected one of ${levels.join(", ")} in column "${name}", got "${other}".`, {
      column: name,
    });
  }
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const hasMissing = (missing?.size ?? 0) + (support?.missing?.size ?? 0) > 0;
  return new CategoryCoding({
    categories: order.map(([category]) => category),
    counts: [...order.map(([, count]) => count), ...(hasMissing ? [missing?.size ?? 0] : [])],
    levels,
  });
}

/** A distribution function by its knots. */
interface Knots {
  readonly knots: readonly number[];
  readonly cumulative: readonly number[];
}

/**
 * A distribution function on a grid without the mass of some values, which have codes of their own: over their cells it stays
 * level, and elsewhere it rises in the same proportions to 1. Otherwise the probabilities of the values that are left would
 * not have the sum 1.
 *
 * @param values on the grid, rising.
 */
export function withoutValues({ knots, cumulative }: Knots, values: readonly number[], step: number): Knots {
  const [low, high] = [knots[0] as number, knots.at(-1) as number];
  const inside = values.filter((x) => x > low && x < high);
  if (inside.length === 0) return { knots, cumulative };
  // Neighbors on the grid share an end, up to rounding.
  const near = step * 1e-6;
  const ends = inside.flatMap((x) => [x - step / 2, x + step / 2]);
  const all = Float64Array.from([...knots, ...ends.filter((x) => x > low && x < high)]).sort();
  const merged = Array.from(all).filter((x, i) => i === 0 || x - (all[i - 1] as number) > near);
  merged[merged.length - 1] = high;
  const left = [0];
  let [k, at] = [1, 0];
  for (let i = 1; i < merged.length; i++) {
    const [from, to] = [merged[i - 1] as number, merged[i] as number];
    const middle = (from + to) / 2;
    while (k < knots.length - 1 && (knots[k] as number) < middle) k++;
    while (at < inside.length && (inside[at] as number) + step / 2 < middle) at++;
    const isTaken = at < inside.length && Math.abs((inside[at] as number) - middle) < step / 2;
    const slope =
      ((cumulative[k] as number) - (cumulative[k - 1] as number)) / ((knots[k] as number) - (knots[k - 1] as number));
    left.push((left[i - 1] as number) + (isTaken ? 0 : slope * (to - from)));
  }
  const total = left.at(-1) as number;
  const scaled = left.map((mass) => mass / total);
  scaled[scaled.length - 1] = 1;
  return { knots: merged, cumulative: scaled };
}
