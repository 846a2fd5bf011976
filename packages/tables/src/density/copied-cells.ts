import type { Json } from "@pushforward/core";
import { ConfigReader, logAddExp } from "@pushforward/core/plain";
import type { CellCoding, CodedColumn } from "./coding/category-coding.ts";
import { nearestOn } from "./dependent-cells.ts";

/**
 * Copies of numbers. A cell that the networks draw as missing, or as one of the kept numbers, stays. Any other cell may
 * become a copy. Kept cells have the probability `p_networks(x | …) + q Σᵢ πᵢ [x = yᵢ]`, and all other numbers
 * `(1 − Σᵢ πᵢ) p_networks(x | …) + q Σᵢ πᵢ [x = yᵢ]`, where q is the probability of the networks that a cell is not kept. The
 * sums are over the sources whose number yᵢ is present and can be copied. With the share sᵢ of each source,
 * `πᵢ = sᵢ ∏ (1 − sⱼ)` over j < i: a cell copies source i with probability sᵢ if it copies no earlier source.
 */
export interface CopiedCells {
  readonly sources: readonly CopySource[];
  /** Place of an earlier column. Its code selects the shares. Default: none. */
  readonly by?: number | undefined;
  /** The share of each source, above 0 and below 1: for each code of `by`, or once. */
  readonly shares: readonly (readonly number[])[];
  /**
   * Frequent numbers with a meaning of their own, such as 0. Undefined in older files: then missing cells may become copies,
   * too, so that `q = 1` and all cells have the formula of other numbers.
   */
  readonly kept?: readonly number[] | undefined;
}

/** A number that cells copy: a number of an earlier column, or a sum of numbers of earlier columns and a constant. */
export interface CopySource {
  /** Places of the terms. */
  readonly from: readonly number[];
  readonly signs: readonly (1 | -1)[];
  /** The constant. Default: 0. */
  readonly plus?: number | undefined;
  /** The smallest and the largest number that are copied. Default: all are. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A number that a cell may copy, and the probability that it does. */
export interface PossibleCopy {
  readonly value: number;
  readonly share: number;
}

/** `true` for a cell that stays if the networks draw it. NaN is a missing cell. */
export function isKept(copies: Pick<CopiedCells, "kept"> | undefined, value: number): boolean {
  const kept = copies?.kept;
  return kept !== undefined && (Number.isNaN(value) || kept.some((one) => isCopy(value, one)));
}

/** A column that may have copies. */
export interface CopyingColumn {
  readonly copies?: CopiedCells | undefined;
  readonly coding: CellCoding;
}

/** Rounding of computed numbers on a grid, relative to their size. */
export const COPY_ROUNDING = 1e-12;

/** `true` if a number is a copy of a second one: equal up to rounding. */
export function isCopy(value: number, source: number): boolean {
  return value === source || Math.abs(value - source) <= COPY_ROUNDING * Math.abs(source);
}

/** The number of a source in a row; NaN if a term is missing or the number cannot be copied. */
export function sourceNumber(
  { from, signs, plus = 0, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: CopySource,
  grid: CellCoding,
  numberAt: (place: number) => number,
): number {
  let sum = plus;
  for (let k = 0; k < from.length; k++) sum += (signs[k] as number) * numberAt(from[k] as number);
  const value = (from.length === 1 && plus === 0) || Number.isNaN(sum) ? sum : nearestOn(grid, sum);
  return value >= low && value <= high ? value : Number.NaN;
}

/** The sum solved for one of its terms: the number of this term, from the place of the sum. */
export function solvedFor({ from, signs, plus = 0 }: CopySource, term: number, sum: number): CopySource {
  const sign = signs[term] as 1 | -1;
  const isOther = (_: unknown, i: number): boolean => i !== term;
  return {
    from: [sum, ...from.filter(isOther)],
    signs: [sign, ...signs.filter(isOther).map((other): 1 | -1 => (other === sign ? -1 : 1))],
    ...(plus !== 0 && { plus: -sign * plus }),
  };
}

/** Places of all columns that copies read. */
export function placesOfCopies({ sources, by }: CopiedCells): number[] {
  return [...sources.flatMap(({ from }) => from), ...(by === undefined ? [] : [by])];
}

/** The numbers that a cell may copy, from the columns before it in a row. */
export function possibleCopies(
  { copies, coding }: CopyingColumn,
  numberAt: (place: number) => number,
  codeAt: (place: number) => number,
): PossibleCopy[] {
  if (copies === undefined) return [];
  const { sources, by, shares } = copies;
  const own = shares[by === undefined ? 0 : codeAt(by)] as readonly number[];
  const possible: PossibleCopy[] = [];
  let left = 1;
  for (const [i, source] of sources.entries()) {
    const value = sourceNumber(source, coding, numberAt);
    if (Number.isNaN(value)) continue;
    const share = left * (own[i] as number);
    left -= share;
    possible.push({ value, share });
  }
  return possible;
}

/** The numbers that a cell may copy, in a row of coded columns. */
export function possibleCopiesIn(column: CopyingColumn, coded: readonly CodedColumn[], row: number): PossibleCopy[] {
  return possibleCopies(
    column,
    (place) => coded[place]?.values?.[row] ?? Number.NaN,
    (place) => coded[place]?.codes[row] as number,
  );
}

/** The number that a uniform number chooses instead of a drawn one; undefined if the drawn one stays. */
export function copyInstead(
  column: CopyingColumn,
  coded: readonly CodedColumn[],
  row: number,
  drawn: number,
  uniform: number,
): number | undefined {
  if (column.copies === undefined || isKept(column.copies, drawn)) return undefined;
  return chooseCopy(possibleCopiesIn(column, coded, row), uniform);
}

/** The number that a uniform number chooses for a cell; undefined if it is no copy. */
export function chooseCopy(possible: readonly PossibleCopy[], uniform: number): number | undefined {
  let sum = 0;
  return possible.find(({ share }) => {
    sum += share;
    return uniform < sum;
  })?.value;
}

/**
 * The log-probability of a cell that may be a copy, from the log-probability of the same cell without copies.
 *
 * @param logFree log q, see {@link CopiedCells}.
 * @param kept of the copies of the column.
 */
export function copiedLogProb(
  possible: readonly PossibleCopy[],
  logProb: number,
  value: number,
  logFree: number = 0,
  kept?: readonly number[],
): number {
  if (possible.length === 0) return logProb;
  const other = isKept({ kept }, value) ? logProb : Math.log1p(-shareOf(possible)) + logProb;
  let equal = 0;
  for (const one of possible) if (isCopy(value, one.value)) equal += one.share;
  return equal > 0 ? logAddExp(other, Math.log(equal) + logFree) : other;
}

/** The cells that stay, missing ones included. */
export function keptCells(copies: Pick<CopiedCells, "kept"> | undefined): number[] {
  return copies?.kept === undefined ? [] : [Number.NaN, ...copies.kept];
}

/**
 * log q in each row, see {@link CopiedCells}.
 *
 * @param logTaken for each of the kept cells its log-probability in each row, without copies.
 */
export function logFreeOf(logTaken: readonly ArrayLike<number>[], rows: number): Float64Array {
  const taken = new Float64Array(rows);
  for (const logProb of logTaken) {
    for (let row = 0; row < rows; row++) taken[row] = (taken[row] as number) + Math.exp(logProb[row] as number);
  }
  return taken.map((share) => Math.log1p(-Math.min(share, MOST_TAKEN)));
}

export function shareOf(possible: readonly PossibleCopy[]): number {
  let sum = 0;
  for (const { share } of possible) sum += share;
  return sum;
}

/** Below 1, so that log q is finite. */
const MOST_TAKEN = 1 - 1e-12;

const TYPE = "pushforward/table-density.copies";

/** The copies as JSON, for a model file. */
export function copiesToJson({ sources, by, shares, kept }: CopiedCells): Json {
  return {
    sources: sources.map(({ from, signs, plus, low, high }) => ({
      ...{ from: [...from], signs: [...signs] },
      ...(plus !== undefined && { plus }),
      ...(low !== undefined && { low }),
      ...(high !== undefined && { high }),
    })),
    ...(by !== undefined && { by }),
    shares: shares.flat(),
    ...(kept !== undefined && { kept: [...kept] }),
  };
}

/**
 * Reads the copies that {@link copiesToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or has a wrong type.
 */
export function copiesFromJson(json: Json): CopiedCells {
  const reader = new ConfigReader(TYPE, json);
  // Older files have a single source.
  if (reader.has("share")) {
    const [from, share] = [reader.count("from", { min: 0 }), reader.number("share", { min: 0 })];
    reader.end();
    return { sources: [{ from: [from], signs: [1] }], shares: [[share]] };
  }
  const sources = reader.array("sources").map(sourceFromJson);
  const by = reader.has("by") ? reader.count("by", { min: 0 }) : undefined;
  const shares = reader.numbers("shares", { min: 0 });
  const kept = reader.has("kept") ? reader.numbers("kept") : undefined;
  reader.end();
  const width = Math.max(1, sources.length);
  const rows = Array.from({ length: Math.ceil(shares.length / width) }, (_, row) =>
    shares.slice(row * width, (row + 1) * width),
  );
  return { sources, by, shares: rows, ...(kept !== undefined && { kept }) };
}

function sourceFromJson(json: Json): CopySource {
  const reader = new ConfigReader(`${TYPE}.sources`, json);
  const source = {
    from: reader.counts("from", { min: 0 }),
    signs: reader.numbers("signs").map((sign): 1 | -1 => (sign < 0 ? -1 : 1)),
    ...(reader.has("plus") && { plus: reader.number("plus") }),
    ...(reader.has("low") && { low: reader.number("low") }),
    ...(reader.has("high") && { high: reader.number("high") }),
  };
  reader.end();
  return source;
}
