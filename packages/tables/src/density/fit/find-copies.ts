import { logAddExp } from "@pushforward/core/plain";
import type { CellCoding } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import {
  type CopiedCells,
  type CopySource,
  isCopy,
  isUncopied,
  logFreeOf,
  solvedFor,
  sourceNumber,
} from "../copied-cells.ts";
import type { DependentCells } from "../dependent-cells.ts";
import type { EncodedColumns } from "./encoded-columns.ts";

/** Minimum share of equal cells. */
const LEAST_SHARE = 0.01;
/** Maximum number of rows in the search for equal cells. */
const LOOKED = 2000;
/** Gain in nats on all rows, in addition to the logarithm of the number of sources. */
const LEAST_GAIN = 10;
/** Gain on the validation rows, which the networks do not know. */
const LEAST_JUDGED_GAIN = 3;
const ITERATIONS = 100;
const MOST_SOURCES = 3;
/** Maximum number of codes of the column that selects the shares, and weight in rows of the shares of all rows. */
const MOST_CODES = 32;
const SHARED_ROWS = 4;
/** Minimum share of the rows with a number that networks may decide alone, and maximum number of such numbers. */
const FREQUENT = 0.04;
const MOST_FREQUENT = 3;

/** Rows, and the log-probabilities of the cells of a column without copies. */
export interface CopyRows {
  readonly rows: EncodedColumns;
  readonly logProb: Float64Array;
  /** The same for the same number in all rows. */
  readonly logProbOf: (cell: number) => Float64Array;
}

/** The search for the copies of a column. */
export interface CopyTask {
  readonly codings: readonly { readonly name: string; readonly coding: CellCoding }[];
  readonly index: number;
  /** How later columns follow from columns up to this one, with their places. */
  readonly later: readonly (readonly [place: number, DependentCells])[];
  /** Validation rows. */
  readonly judged: CopyRows;
  /** Training rows of the networks, if these are different rows. */
  readonly train: () => CopyRows | undefined;
}

/** Copies in a column, and the log-probabilities of its validation cells with these. */
export interface FoundCopies {
  readonly copies: CopiedCells;
  readonly logProb: Float64Array;
}

/**
 * Finds the numbers that a column copies, one after the other by their gain: a number of an earlier column, or the number
 * with which a later sum equals a number of an earlier column. All columns have grids. The shares maximize the likelihood
 * of all rows. They depend on the codes of an earlier column if this improves the Bayesian information criterion. The
 * networks alone decide on frequent numbers where this is likelier.
 */
export function findCopies(task: CopyTask): FoundCopies | undefined {
  const { codings, index, judged } = task;
  const { coding } = codings[index] as (typeof codings)[number];
  if (!isOnGrid(coding)) return undefined;
  const looked = possibleSources(task).filter((source) => isOften(source, task, coding));
  if (looked.length === 0) return undefined;
  const train = task.train();
  const parts = train === undefined ? [judged] : [judged, train];
  const candidates = looked.flatMap((source) => limited(source, coding, parts));
  const evidence = new CopyEvidence(task, coding, parts, candidates);
  let uncopied = frequentNumbers(coding);
  const cells = evidence.cellsOf(uncopied);
  const matches = candidates.map((source) => evidence.matchesOf(source, uncopied));
  let best = new CopyShares([], cells);
  let chosen: readonly CopySource[] = [];
  while (chosen.length < MOST_SOURCES) {
    const gain = ([one]: readonly [CopyShares, CopySource], rows?: number): number =>
      sumOf(one.logProb.subarray(0, rows)) - sumOf(best.logProb.subarray(0, rows));
    const tries = candidates.flatMap((source, c): (readonly [CopyShares, CopySource])[] =>
      chosen.includes(source) ? [] : [[new CopyShares([...best.matches, matches[c] as Uint8Array], cells), source]],
    );
    const [first] = tries.sort((a, b) => gain(b) - gain(a));
    const isEnough = first && gain(first, judged.rows.rows) > LEAST_JUDGED_GAIN && gain(first) > neededGain(index);
    if (!isEnough) break;
    best = first[0];
    chosen = [...chosen, first[1]];
  }
  if (chosen.length === 0) return undefined;
  const judgedSum = ({ logProb }: CopyShares): number => sumOf(logProb.subarray(0, judged.rows.rows));
  for (const value of uncopied) {
    const others = uncopied.filter((one) => one !== value);
    const ofOthers = chosen.map((source) => evidence.matchesOf(source, others));
    const model = new CopyShares(ofOthers, evidence.cellsOf(others));
    // On training rows networks are surer of frequent numbers than on new rows.
    if (!(judgedSum(model) > judgedSum(best))) continue;
    best = model;
    uncopied = others;
  }
  const byCode = sharesByCode(task, parts, best);
  const { shares } = byCode?.model ?? best;
  return {
    copies: { sources: chosen, ...(byCode && { by: byCode.by }), shares, uncopied },
    logProb: (byCode?.model ?? best).logProb.slice(0, judged.rows.rows),
  };
}

/** Numbers of earlier columns, and numbers with which a later sum equals a number of an earlier column. */
function possibleSources({ codings, index, later }: CopyTask): CopySource[] {
  const before = codings.slice(0, index).flatMap(({ coding }, place) => (isOnGrid(coding) ? [place] : []));
  const sums = later.flatMap(([place, { from, relation }]): CopySource[] => {
    const signs = signsOf(relation);
    const term = from.indexOf(index);
    if (signs === undefined || term < 0 || from.some((one) => one > index || !isOnGrid(codings[one]?.coding)))
      return [];
    return before.flatMap((sum) =>
      from.includes(sum) || place === sum ? [] : [solvedFor({ from, signs }, term, sum)],
    );
  });
  return [...before.map((place): CopySource => ({ from: [place], signs: [1] })), ...sums];
}

function signsOf(relation: DependentCells["relation"]): readonly (1 | -1)[] | undefined {
  if (relation.type === "total") return relation.signs;
  return relation.type === "sum" ? [1, 1] : relation.type === "difference" ? [1, -1] : undefined;
}

/** The numbers of a source in some rows. */
function numbersOf(source: CopySource, coding: CellCoding, { rows }: CopyRows, step = 1): Float64Array {
  const terms = new Map(source.from.map((place) => [place, rows.at(place).values as Float64Array]));
  return Float64Array.from({ length: Math.ceil(rows.rows / step) }, (_, i) =>
    sourceNumber(source, coding, (place) => terms.get(place)?.[i * step] as number),
  );
}

/** `true` if a column often has the number of a source. */
function isOften(source: CopySource, { judged, index }: CopyTask, coding: NumberCoding): boolean {
  const step = Math.max(1, Math.floor(judged.rows.rows / LOOKED));
  const own = judged.rows.at(index).values as Float64Array;
  const { low, high } = coding.support;
  let [equal, present] = [0, 0];
  for (const [i, value] of numbersOf({ ...source, low, high }, coding, judged, step).entries()) {
    if (Number.isNaN(value)) continue;
    present++;
    if (isCopy(own[i * step] as number, value)) equal++;
  }
  return equal > LEAST_SHARE * present;
}

/**
 * The source with the range of its column as a limit, where its number can be outside: such a number is never copied.
 * None if it has a number within the range that cannot occur.
 */
function limited(source: CopySource, coding: NumberCoding, parts: readonly CopyRows[]): CopySource[] {
  const { low, high } = coding.support;
  const values = parts.flatMap((part) => [...numbersOf(source, coding, part)]);
  const isSum = source.from.length > 1;
  const isOutside = (x: number): boolean => x < low || x > high;
  if (!values.every((x) => Number.isNaN(x) || isOutside(x) || coding.canOccur(x))) return [];
  const ends = {
    ...((isSum || values.some((x) => x < low)) && { low }),
    ...((isSum || values.some((x) => x > high)) && { high }),
  };
  return [{ ...source, ...ends }];
}

/** The most frequent numbers of a column, and 0 if it has a code. */
function frequentNumbers({ options, counts }: NumberCoding): number[] {
  const rows = sumOf(counts);
  const frequent = options.atoms
    .map((value, code) => ({ value, count: counts[code] as number }))
    .filter(({ value, count }) => value === 0 || count > FREQUENT * rows);
  return frequent
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_FREQUENT)
    .map(({ value }) => value);
}

/** Rows with a code each, and the shares of all rows. */
interface CodedRows {
  readonly codes: readonly number[];
  readonly count: number;
  readonly known?: readonly number[] | undefined;
}

const ALL_ROWS: CodedRows = { codes: [], count: 1 };

/** Whether a row has no number to copy, a different one, or an equal one. */
const NONE = 0;
const DIFFERENT = 1;
const EQUAL = 2;

/** Cells as the networks see them. */
interface CopyCells {
  /** Log-probabilities of all cells, given that the networks do not decide them alone. */
  readonly networks: Float64Array;
  /** Log-probability that they do not; 0 for cells that they do decide. */
  readonly logFree: Float64Array;
}

/** What the rows say about copies. */
class CopyEvidence {
  private readonly coding: NumberCoding;
  private readonly parts: readonly CopyRows[];
  /** The log-probabilities of all rows without copies. */
  private readonly logProb: Float64Array;
  private readonly numbers: Float64Array;
  private readonly known: Map<number, Float64Array> = new Map();

  constructor({ index }: CopyTask, coding: NumberCoding, parts: readonly CopyRows[], sources: readonly CopySource[]) {
    this.coding = coding;
    this.parts = parts;
    this.numbers = Float64Array.from(parts.flatMap(({ rows }) => [...(rows.at(index).values as Float64Array)]));
    this.logProb = fittedLogProb(
      sources.map((source) => this.matchesOf(source, undefined)),
      parts,
    );
  }

  /** @param uncopied see `CopiedCells`. */
  matchesOf(source: CopySource, uncopied: readonly number[] | undefined): Uint8Array {
    const values = this.parts.flatMap((part) => [...numbersOf(source, this.coding, part)]);
    return Uint8Array.from(this.numbers, (own, row) => {
      const value = values[row] as number;
      const isNone = Number.isNaN(value) || [own, value].some((one) => isUncopied({ uncopied }, one));
      return isNone ? NONE : isCopy(own, value) ? EQUAL : DIFFERENT;
    });
  }

  cellsOf(uncopied: readonly number[]): CopyCells {
    const { numbers, logProb } = this;
    const logFree = logFreeOf({ uncopied }, numbers.length, (cell) => this.logProbOf(cell)).map((value, row) =>
      isUncopied({ uncopied }, numbers[row] as number) ? 0 : value,
    );
    return { networks: logProb.map((value, row) => value - (logFree[row] as number)), logFree };
  }

  private logProbOf(cell: number): Float64Array {
    const known = this.known.get(cell) ?? Float64Array.from(this.parts.flatMap((part) => [...part.logProbOf(cell)]));
    this.known.set(cell, known);
    return known;
  }
}

/**
 * The log-probabilities of all rows. Networks overfit their training rows. Training rows are therefore lowered by the
 * difference between the mean log-probabilities of equal cells in training and in validation rows.
 */
function fittedLogProb(matches: readonly Uint8Array[], [judged, train]: readonly CopyRows[]): Float64Array {
  const { logProb } = judged as CopyRows;
  if (train === undefined) return logProb;
  const isEqual = (row: number): boolean => matches.some((match) => match[row] === EQUAL);
  const mean = (values: Float64Array, from: number): number => {
    const equal = values.filter((_, row) => isEqual(from + row));
    return sumOf(equal) / Math.max(1, equal.length);
  };
  const known = Math.max(0, mean(train.logProb, logProb.length) - mean(logProb, 0));
  return Float64Array.from([...logProb, ...train.logProb.map((value) => value - known)]);
}

/** Shares of the sources with the maximum likelihood. */
class CopyShares {
  readonly matches: readonly Uint8Array[];
  /** The shares by code. */
  readonly shares: readonly (readonly number[])[];
  /** The log-probabilities of all rows. */
  readonly logProb: Float64Array;
  readonly cells: CopyCells;

  /** @param groups the code of each row, the number of codes, and shares without codes. Default: a single code. */
  constructor(matches: readonly Uint8Array[], cells: CopyCells, groups?: CodedRows) {
    this.matches = matches;
    this.cells = cells;
    this.shares = this.likeliest(groups);
    this.logProb = cells.networks.map((value, row) => {
      const { parts, left } = this.split(row, this.shares[groups?.codes[row] ?? 0] as readonly number[]);
      const equal = sumOf(parts);
      const other = Math.log(left) + value;
      return (cells.logFree[row] as number) + (equal > 0 ? logAddExp(other, Math.log(equal)) : other);
    });
  }

  /**
   * By expectation–maximization. Half a row more of each kind, or rows with the shares without codes, keep each share
   * between 0 and 1.
   */
  private likeliest({ codes, count, known }: CodedRows = ALL_ROWS): readonly (readonly number[])[] {
    const { matches } = this;
    const { networks } = this.cells;
    const weight = known === undefined ? 1 : SHARED_ROWS;
    const added = matches.map((_, i) => weight * (known?.[i] ?? 0.5));
    const perCode = (own: readonly number[]): number[][] => Array.from({ length: count }, () => own.slice());
    const plus = (sums: readonly number[][], code: number, i: number, value: number): void => {
      const own = sums[code] as number[];
      own[i] = (own[i] as number) + value;
    };
    // Rows without an equal cell have the same counts in each iteration.
    const idle = perCode(matches.map(() => weight));
    const equal: number[] = [];
    for (const row of networks.keys()) {
      if (matches.some((match) => match[row] === EQUAL)) equal.push(row);
      else for (const [i, match] of matches.entries()) if (match[row] !== NONE) plus(idle, codes[row] ?? 0, i, 1);
    }
    let shares: readonly (readonly number[])[] = perCode(known ?? matches.map(() => 0.5));
    for (let turn = 0; turn < ITERATIONS; turn++) {
      const copied = perCode(added);
      const turns = idle.map((own) => own.slice());
      for (const row of equal) {
        const code = codes[row] ?? 0;
        const { parts, left } = this.split(row, shares[code] as readonly number[]);
        const all = sumOf(parts) + left * Math.exp(networks[row] as number);
        let rest = 1;
        for (const [i, part] of parts.entries()) {
          if (matches[i]?.[row] === NONE) continue;
          plus(turns, code, i, rest);
          plus(copied, code, i, part / all);
          rest -= part / all;
        }
      }
      shares = copied.map((own, code) => own.map((value, i) => value / (turns[code]?.[i] as number)));
    }
    return shares;
  }

  /** The probability that a row copies each source that it equals, and that it copies none. */
  private split(row: number, shares: readonly number[]): { readonly parts: number[]; readonly left: number } {
    let left = 1;
    const parts = this.matches.map((match, i) => {
      if (match[row] === NONE) return 0;
      const part = left * (shares[i] as number);
      left -= part;
      return match[row] === EQUAL ? part : 0;
    });
    return { parts, left };
  }
}

/** The shares by the codes of the earlier column with the largest gain, if it is large enough. */
function sharesByCode(
  { codings, index }: CopyTask,
  parts: readonly CopyRows[],
  { matches, cells, shares, logProb }: CopyShares,
): { readonly by: number; readonly model: CopyShares } | undefined {
  const [known = []] = shares;
  let most = sumOf(logProb) + neededGain(index);
  let best: ReturnType<typeof sharesByCode>;
  for (const [by, { coding }] of codings.slice(0, index).entries()) {
    if (coding.components > 0 || coding.codes < 2 || coding.codes > MOST_CODES) continue;
    const codes = parts.flatMap((part) => [...part.rows.at(by).codes]);
    const model = new CopyShares(matches, cells, { codes, count: coding.codes, known });
    const cost = (Math.log(codes.length) / 2) * (new Set(codes).size - 1) * known.length;
    if (!(sumOf(model.logProb) - cost > most)) continue;
    most = sumOf(model.logProb) - cost;
    best = { by, model };
  }
  return best;
}

/** Minimum gain of a source in nats. It rises with the number of earlier columns. */
function neededGain(index: number): number {
  return LEAST_GAIN + Math.log(Math.max(1, index));
}

function isOnGrid(coding: CellCoding | undefined): coding is NumberCoding {
  return coding instanceof NumberCoding && coding.step > 0;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
