import type { Json } from "@pushforward/core";
import { ConfigReader, logAddExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { AllowedCells, type CellLimits, type CodedCells, type CopyEdge } from "./cell-limits.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn } from "./coding/category-coding.ts";
import { NumberCoding } from "./coding/number-coding.ts";
import { nearestOn } from "./dependent-cells.ts";
import { hasOnlyCodes, type RecalledCells, type RecalledGroup, recalledFromJson } from "./recalled-cells.ts";

/**
 * Copies of numbers. A cell that the networks draw as missing or as a kept number stays. Any other cell may become a copy. Kept
 * cells have the probability `p_networks(x | …) + q Σᵢ πᵢ [x = yᵢ]`, and all other numbers
 * `(1 − Σᵢ πᵢ) p_networks(x | …) + q Σᵢ πᵢ [x = yᵢ]`, where q is the probability of the networks that a cell is not kept. The
 * sums are over the sources whose number yᵢ is present and can be copied. With the share sᵢ of each source,
 * `πᵢ = sᵢ ∏ (1 − sⱼ)` over j < i: a cell copies source i with probability sᵢ if it copies no earlier source. Recalled
 * numbers of a column with a density are further sources behind the listed sources; see {@link RecalledCells}.
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
  /** Cells of training rows with the same earlier cells. A column of categories may recall cells if it has no sources. Default: none. */
  readonly recalled?: RecalledCells | undefined;
  /** `true` if mixtures leave the column out although it has no sources, because it often recalls cells. Default: false. */
  readonly isSeparate?: boolean | undefined;
}

/** Copies without sources: missing cells stay. */
export const NO_COPIES: CopiedCells = { sources: [], shares: [[]], kept: [] };

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
  /**
   * Factors, above 0 and at most 1, of the probabilities by the networks of numbers above the source, or below it, before
   * normalization. Default: 1. At most one source has a factor.
   */
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

/** `true` for a column with cells that may become copies or recalled numbers. */
export function mayCopy({ copies, coding }: Pick<CopyingColumn, "copies" | "coding">): boolean {
  return copies !== undefined && (copies.sources.length > 0 || recalledNumbers({ copies, coding }) !== undefined);
}

function recalledNumbers({ copies, coding }: Pick<CopyingColumn, "copies" | "coding">): RecalledCells | undefined {
  return hasOnlyCodes(coding) ? undefined : copies?.recalled;
}

/** The recalled codes that change the heads of networks. */
export function recalledCodes({ copies, coding }: Pick<CopyingColumn, "copies" | "coding">): RecalledCells | undefined {
  return hasOnlyCodes(coding) ? copies?.recalled : undefined;
}

/** `true` for a cell that stays if the networks draw it. NaN is a missing cell. */
export function isKept(copies: Pick<CopiedCells, "kept"> | undefined, value: number): boolean {
  const kept = copies?.kept;
  if (kept === undefined) return false;
  if (Number.isNaN(value)) return true;
  for (const one of kept) if (isCopy(value, one)) return true;
  return false;
}

/** A column that may have copies. */
export interface CopyingColumn {
  readonly copies?: CopiedCells | undefined;
  readonly coding: CellCoding;
  readonly limits?: CellLimits | undefined;
}

/** Rounding of computed numbers on a grid, relative to their size. */
export const COPY_ROUNDING = 1e-12;

/** `true` if a number is a copy of a second one: equal up to rounding. */
export function isCopy(value: number, source: number): boolean {
  return value === source || Math.abs(value - source) <= COPY_ROUNDING * Math.abs(source);
}

/**
 * The numbers of a source in some cells; NaN where a term is missing or the number cannot be copied.
 *
 * @param numbersOf the numbers of a column in these cells.
 */
export function sourceNumbers(
  { from, signs, plus = 0, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: CopySource,
  grid: CellCoding,
  cells: number,
  numbersOf: (place: number) => Float64Array,
): Float64Array {
  const sums = new Float64Array(cells).fill(plus);
  for (const [k, place] of from.entries()) addTerm(sums, signs[k] as number, numbersOf(place));
  const isExact = from.length === 1 && plus === 0;
  // A number off the grid has a density in this column, which a copy would give a probability.
  const mayBeOffGrid = isExact && grid instanceof NumberCoding && (grid.options.offGridShare ?? 0) > 0;
  for (let i = 0; i < cells; i++) {
    const sum = sums[i] as number;
    const value = isExact || Number.isNaN(sum) ? sum : nearestOn(grid, sum);
    const canBeCopied = value >= low && value <= high && !(mayBeOffGrid && !grid.canOccur(value));
    sums[i] = canBeCopied ? value : Number.NaN;
  }
  return sums;
}

function addTerm(sums: Float64Array, sign: number, numbers: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + sign * (numbers[i] as number);
}

/** The sum solved for a term: the number of this term, from the place of the sum. */
export function solvedFor({ from, signs, plus = 0 }: CopySource, term: number, sum: number): CopySource {
  const sign = signs[term] as 1 | -1;
  const isOther = (_: unknown, i: number): boolean => i !== term;
  return {
    from: [sum, ...from.filter(isOther)],
    signs: [sign, ...signs.filter(isOther).map((other): 1 | -1 => (other === sign ? -1 : 1))],
    ...(plus !== 0 && { plus: -sign * plus }),
  };
}

/** The edge of a column that may have copies; undefined for a column without an edge. */
export function edgeOf(
  { copies, coding }: CopyingColumn,
  cells: number,
  numbersOf: (place: number) => Float64Array,
): CopyEdge | undefined {
  const source = copies?.sources.find(hasEdge);
  if (source === undefined) return undefined;
  const { above = 1, below = 1 } = source;
  const values = sourceNumbers(source, coding, cells, numbersOf);
  return { values, isAbove: above < 1, odds: Math.min(above, below) };
}

function hasEdge({ above = 1, below = 1 }: CopySource): boolean {
  return above < 1 || below < 1;
}

/** `true` for a column with networks that are normalized over the cells that keep rules, or with an edge. */
export function isLimited({ limits, copies }: Pick<CopyingColumn, "limits" | "copies">): boolean {
  return limits !== undefined || copies?.sources.some(hasEdge) === true;
}

/** Places of all columns that copies read. */
export function placesOfCopies({ sources, by, recalled }: CopiedCells): number[] {
  return [...sources.flatMap(({ from }) => from), ...(by === undefined ? [] : [by]), ...(recalled?.by ?? [])];
}

/** How cells recall. */
interface Recall {
  readonly recalled: RecalledCells;
  /** The group of each cell, −1 for none. */
  readonly groups: Int32Array;
  /** The factor of the probability of a number in a cell: 0 if it breaks a rule, or the factor of an edge. Default: 1. */
  readonly factor?: ((cell: number, value: number) => number) | undefined;
}

/** Numbers that cells may copy, and the probabilities that they do. */
export class PossibleCopies {
  /** `[cells, sources]`. NaN and 0 for a source that a cell cannot copy. */
  readonly values: Float64Array;
  readonly shares: Float64Array;
  private readonly sources: number;
  private readonly recalled: Recall | undefined;

  constructor(sources: number, values: Float64Array, shares: Float64Array, recalled?: Recall) {
    this.sources = sources;
    this.values = values;
    this.shares = shares;
    this.recalled = recalled;
  }

  /** The probability that a cell is a copy. */
  share(cell: number): number {
    return this.shareWith(cell, this.shareOfSources(cell));
  }

  /** `true` if a number is one that the cell may copy from a source. */
  has(cell: number, value: number): boolean {
    for (let at = cell * this.sources; at < (cell + 1) * this.sources; at++) {
      if (isCopy(value, this.values[at] as number)) return true;
    }
    return false;
  }

  /** The number that a uniform number chooses for a cell; NaN if it is no copy. */
  choose(cell: number, uniform: number): number {
    let sum = 0;
    for (let at = cell * this.sources; at < (cell + 1) * this.sources; at++) {
      sum += this.shares[at] as number;
      if (uniform < sum) return this.values[at] as number;
    }
    const [left, group] = [1 - sum, this.groupOf(cell)];
    for (const [i, value] of group?.values.entries() ?? []) {
      sum += left * (group?.weights[i] as number) * this.factor(cell, value);
      if (uniform < sum) return value;
    }
    return Number.NaN;
  }

  /**
   * The log-probability of a number in a cell, from the log-probability without copies.
   *
   * @param logFree log q, see {@link CopiedCells}.
   * @param kept of the copies of the column.
   */
  logProb(cell: number, logProb: number, value: number, logFree: number = 0, kept?: readonly number[]): number {
    const own = this.shareOfSources(cell);
    const share = this.shareWith(cell, own);
    if (share === 0) return logProb;
    const other = isKept({ kept }, value) ? logProb : Math.log1p(-share) + logProb;
    let equal = 0;
    for (let at = cell * this.sources; at < (cell + 1) * this.sources; at++) {
      if (isCopy(value, this.values[at] as number)) equal += this.shares[at] as number;
    }
    const group = this.groupOf(cell);
    const place = group === undefined ? -1 : placeOf(group.values, value);
    if (place >= 0) {
      equal += (1 - own) * (group?.weights[place] as number) * this.factor(cell, value);
    }
    return equal > 0 ? logAddExp(other, Math.log(equal) + logFree) : other;
  }

  /** @param own the probability that the cell copies a source. */
  private shareWith(cell: number, own: number): number {
    return own + (1 - own) * this.shareOfRecalled(cell);
  }

  private shareOfSources(cell: number): number {
    let sum = 0;
    for (let at = cell * this.sources; at < (cell + 1) * this.sources; at++) sum += this.shares[at] as number;
    return sum;
  }

  /** The probability that a cell has a number that it recalls, if it copies no source. */
  private shareOfRecalled(cell: number): number {
    const group = this.groupOf(cell);
    if (group === undefined || this.recalled === undefined) return 0;
    const { recalled, groups, factor } = this.recalled;
    if (factor === undefined) return recalled.sums[groups[cell] as number] as number;
    let sum = 0;
    for (const [i, value] of group.values.entries()) sum += (group.weights[i] as number) * factor(cell, value);
    return sum;
  }

  private groupOf(cell: number): RecalledGroup | undefined {
    return this.recalled?.recalled.groups[this.recalled.groups[cell] as number];
  }

  private factor(cell: number, value: number): number {
    return this.recalled?.factor?.(cell, value) ?? 1;
  }
}

/** The place of a number among rising numbers, up to rounding; −1 for any other number. */
function placeOf(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const one = values[middle] as number;
    if (isCopy(value, one)) return middle;
    if (one < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The columns before some cells. */
export interface EarlierCells {
  /** Number of cells. */
  readonly cells: number;
  /** The numbers of a column; NaN for a missing cell and for a category. */
  readonly numbersOf: (place: number) => Float64Array;
  readonly codesOf: (place: number) => ArrayLike<number>;
  readonly cellsOf: (place: number) => CodedCells;
}

/** The numbers that cells of a column may copy. These numbers keep its rules. */
export function possibleCopies(column: CopyingColumn, earlier: EarlierCells): PossibleCopies {
  const { copies, coding } = column;
  const { sources = [], by, shares = [] } = copies ?? {};
  const recalled = recalledNumbers(column);
  const { cells, numbersOf } = earlier;
  const count = sources.length;
  const values = new Float64Array(cells * count);
  for (const [s, source] of sources.entries()) {
    setEvery(values, s, count, sourceNumbers(source, coding, cells, numbersOf));
  }
  const edge = recalled && edgeOf(column, cells, numbersOf);
  const isChanged = column.limits !== undefined || edge !== undefined;
  const allowed = isChanged ? new AllowedCells(column, cells, earlier.cellsOf, edge) : undefined;
  // One cell serves all checks.
  const one = { cells: new Float32Array(CELL_SIZE), values: new Float64Array(1) };
  const factor =
    allowed &&
    ((cell: number, value: number): number => {
      one.values[0] = value;
      return allowed.keeps(cell, one, 0) ? Math.exp(allowed.logOdds(cell, one, 0)) : 0;
    });
  for (let at = 0; at < values.length && factor !== undefined; at++) {
    if (factor(Math.floor(at / count), values[at] as number) === 0) values[at] = Number.NaN;
  }
  const codes = by === undefined ? undefined : earlier.codesOf(by);
  const own = sharesOf(values, count, Float64Array.from(shares.flat()), codes);
  if (recalled === undefined) return new PossibleCopies(count, values, own);
  return new PossibleCopies(count, values, own, {
    recalled,
    groups: recalled.groupsOf(cells, earlier.cellsOf),
    factor,
  });
}

/** The numbers that cells may copy, in rows of coded columns. */
export function possibleCopiesIn(column: CopyingColumn, coded: readonly CodedColumn[], rows: number): PossibleCopies {
  const none = new Float64Array(rows).fill(Number.NaN);
  return possibleCopies(column, {
    cells: rows,
    numbersOf: (place) => coded[place]?.values ?? none,
    codesOf: (place) => (coded[place] as CodedColumn).codes,
    cellsOf: (place) => coded[place] as CodedColumn,
  });
}

/** Sets every `step`-th number, from a place on. */
export function setEvery(target: Float64Array, from: number, step: number, values: Float64Array): void {
  for (let i = 0, at = from; i < values.length; i++, at += step) target[at] = values[i] as number;
}

/** A cell copies a source if it copies no earlier one. @param own the shares of the sources, for each code. */
function sharesOf(
  values: Float64Array,
  count: number,
  own: Float64Array,
  codes: ArrayLike<number> | undefined,
): Float64Array {
  const shares = new Float64Array(values.length);
  for (let cell = 0, at = 0; at < values.length; cell++) {
    const code = codes === undefined ? 0 : (codes[cell] as number);
    let left = 1;
    for (let s = 0; s < count; s++, at++) {
      if (Number.isNaN(values[at])) continue;
      shares[at] = left * (own[code * count + s] as number);
      left -= shares[at] as number;
    }
  }
  return shares;
}

/** Cells that the networks have drawn. Uniform numbers choose the cells that are replaced by copies. */
export function withCopies(
  column: CopyingColumn,
  coded: readonly CodedColumn[],
  drawn: Column,
  uniforms: ArrayLike<number>,
): Column {
  if (drawn.kind !== "number") return drawn;
  const possible = possibleCopiesIn(column, coded, drawn.values.length);
  const values = drawn.values.map((value, row) => {
    const copy = isKept(column.copies, value) ? Number.NaN : possible.choose(row, uniforms[row] as number);
    return Number.isNaN(copy) ? value : copy;
  });
  return { ...drawn, values };
}

/** The numbers that stay, NaN for missing cells included, in a column with copies. */
export function keptCells(column: Pick<CopyingColumn, "coding" | "copies">): number[] {
  const kept = mayCopy(column) ? column.copies?.kept : undefined;
  return kept === undefined ? [] : [Number.NaN, ...kept];
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

/** Below 1, so that log q is finite. */
const MOST_TAKEN = 1 - 1e-12;

const TYPE = "pushforward/table-density.copies";

/** The copies as JSON, for a model file. */
export function copiesToJson({ sources, by, shares, kept, recalled, isSeparate }: CopiedCells): Json {
  return {
    sources: sources.map(({ from, signs, plus, low, high, above, below }) => ({
      ...{ from: [...from], signs: [...signs] },
      ...(plus !== undefined && { plus }),
      ...(low !== undefined && { low }),
      ...(high !== undefined && { high }),
      ...(above !== undefined && { above }),
      ...(below !== undefined && { below }),
    })),
    ...(by !== undefined && { by }),
    shares: shares.flat(),
    ...(kept !== undefined && { kept: [...kept] }),
    ...(recalled !== undefined && { recalled: recalled.toJson() }),
    ...(isSeparate && { isSeparate }),
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
  const recalled = reader.has("recalled") ? recalledFromJson(reader.raw("recalled")) : undefined;
  const isSeparate = reader.has("isSeparate") && reader.boolean("isSeparate");
  reader.end();
  const width = Math.max(1, sources.length);
  const rows = Array.from({ length: Math.max(1, Math.ceil(shares.length / width)) }, (_, row) =>
    shares.slice(row * width, (row + 1) * width),
  );
  const optional = {
    ...(kept !== undefined && { kept }),
    ...(recalled !== undefined && { recalled }),
    ...(isSeparate && { isSeparate }),
  };
  return { sources, by, shares: rows, ...optional };
}

function sourceFromJson(json: Json): CopySource {
  const reader = new ConfigReader(`${TYPE}.sources`, json);
  const source = {
    from: reader.counts("from", { min: 0 }),
    signs: reader.numbers("signs").map((sign): 1 | -1 => (sign < 0 ? -1 : 1)),
    ...(reader.has("plus") && { plus: reader.number("plus") }),
    ...(reader.has("low") && { low: reader.number("low") }),
    ...(reader.has("high") && { high: reader.number("high") }),
    ...(reader.has("above") && { above: reader.number("above", { min: Number.MIN_VALUE, max: 1 }) }),
    ...(reader.has("below") && { below: reader.number("below", { min: Number.MIN_VALUE, max: 1 }) }),
  };
  reader.end();
  return source;
}
