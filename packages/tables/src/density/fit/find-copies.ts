import type { CellCoding } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import {
  type CopiedCells,
  type CopySource,
  isCopy,
  isKept,
  logFreeOf,
  solvedFor,
  sourceNumbers,
} from "../copied-cells.ts";
import type { DependentCells } from "../dependent-cells.ts";
import { type CopyCells, CopyShares, DIFFERENT, EQUAL, NONE, sumOf } from "./copy-shares.ts";
import type { EncodedColumns } from "./encoded-columns.ts";
import { findNearSums } from "./find-near-sums.ts";

/** Minimum share of equal cells. */
const LEAST_SHARE = 0.01;
/** Maximum number of rows in the search for equal cells. */
const LOOKED = 2000;
/** Gain in nats on all rows, in addition to the logarithm of the number of sources. */
const LEAST_GAIN = 10;
/** Gain on the validation rows, which the networks do not know. */
const LEAST_JUDGED_GAIN = 3;
const MOST_SOURCES = 3;
/** Maximum number of codes of the column that selects the shares. */
const MOST_CODES = 32;
/** Maximum number of numbers that may be kept. */
const MOST_SPECIAL = 3;

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
 * of all rows. They depend on the codes of an earlier column if this improves the Bayesian information criterion. Frequent
 * numbers are kept where this is likelier.
 */
export function findCopies(task: CopyTask): FoundCopies | undefined {
  const { codings, index, judged } = task;
  const { coding } = codings[index] as (typeof codings)[number];
  if (!isOnGrid(coding)) return undefined;
  const looked = possibleSources(task).filter((source) => isOften(source, task, coding));
  if (looked.length === 0) return undefined;
  const train = task.train();
  const parts = train === undefined ? [judged] : [judged, train];
  let kept = specialNumbers(coding);
  const candidates = looked.flatMap((source) => limited(source, coding, parts, kept));
  const matches = candidates.map((source) => matchesOf(source, coding, index, parts));
  const evidence = new CopyEvidence(matches, index, parts);
  let best = new CopyShares([], evidence.cellsOf(kept));
  let chosen: readonly CopySource[] = [];
  let needsCodes = false;
  while (chosen.length < MOST_SOURCES) {
    const gain = ([one]: TriedSource, rows?: number): number =>
      sumOf(one.logProb.subarray(0, rows)) - sumOf(best.logProb.subarray(0, rows));
    const tries = candidates.flatMap((source, c): TriedSource[] =>
      chosen.some((one) => isSame(one, source))
        ? []
        : [[new CopyShares([...best.matches, matches[c] as Uint8Array], best.cells), source]],
    );
    const [first] = tries.sort((a, b) => gain(b) - gain(a));
    const isEnough = first && gain(first, judged.rows.rows) > LEAST_JUDGED_GAIN && gain(first) > neededGain(index);
    const next = isEnough ? first : chosen.length === 0 ? copiedBySome(task, parts, tries, best) : undefined;
    if (next === undefined) break;
    needsCodes = !isEnough;
    best = next[0];
    chosen = [...chosen, next[1]];
  }
  if (chosen.length === 0) return undefined;
  const judgedSum = ({ logProb }: CopyShares): number => sumOf(logProb.subarray(0, judged.rows.rows));
  for (const value of kept) {
    const others = kept.filter((one) => one !== value);
    const model = new CopyShares(best.matches, evidence.cellsOf(others));
    // On training rows networks are surer of frequent numbers than on new rows.
    if (!(judgedSum(model) > judgedSum(best))) continue;
    best = model;
    kept = others;
  }
  const byCode = sharesByCode(task, parts, best);
  if (needsCodes && byCode === undefined) return undefined;
  const { shares } = byCode ?? best;
  return {
    copies: { sources: chosen, ...(byCode && { by: byCode.by }), shares, kept },
    logProb: (byCode?.model ?? best).logProb.slice(0, judged.rows.rows),
  };
}

/** `true` for sources of the same terms. */
export function isSame(a: CopySource, b: CopySource): boolean {
  return String([...a.from, ...a.signs, a.plus ?? 0]) === String([...b.from, ...b.signs, b.plus ?? 0]);
}

/**
 * Numbers of earlier columns, numbers with which a later sum equals a number of an earlier column, and sums that the column
 * equals in most rows.
 */
function possibleSources({ codings, index, later, judged }: CopyTask): CopySource[] {
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
  const { step } = (codings[index] as (typeof codings)[number]).coding;
  const singles = before.map((place): CopySource => ({ from: [place], signs: [1] }));
  return [...singles, ...sums, ...findNearSums(judged.rows, { index, before, step })];
}

function signsOf(relation: DependentCells["relation"]): readonly (1 | -1)[] | undefined {
  if (relation.type !== "linear" || relation.plus !== 0 || relation.weights.length < 2) return undefined;
  const isSign = (weight: number): weight is 1 | -1 => Math.abs(weight) === 1;
  return relation.weights.every(isSign) ? relation.weights : undefined;
}

/** The numbers of a source in some rows. */
function numbersOf(source: CopySource, coding: CellCoding, { rows }: CopyRows, step = 1): Float64Array {
  return sourceNumbers(source, coding, Math.ceil(rows.rows / step), (place) => {
    const numbers = rows.at(place).values as Float64Array;
    return step === 1 ? numbers : numbers.filter((_, row) => row % step === 0);
  });
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
 * None if most of its numbers are within the range but cannot occur, such as decimals in a column of integers. None if most
 * of its numbers are outside and the range is near 0: then the columns count different things, and have a few numbers in
 * common. The smallest number may have a meaning of its own, such as 0 where there is nothing: then the source is also tried
 * without this number.
 */
function limited(
  source: CopySource,
  coding: NumberCoding,
  parts: readonly CopyRows[],
  special: readonly number[],
): CopySource[] {
  const { low, high } = coding.support;
  const { from, plus = 0 } = source;
  const isSum = from.length > 1;
  // Not `numbersOf`, which leaves out numbers that cannot occur.
  const numbers = (part: CopyRows): Float64Array =>
    isSum || plus !== 0 ? numbersOf(source, coding, part) : (part.rows.at(from[0] as number).values as Float64Array);
  const values = parts.flatMap((part) => [...numbers(part)]);
  const isOutside = (x: number): boolean => x < low || x > high;
  const present = values.filter((x) => !Number.isNaN(x));
  const impossible = present.filter((x) => !isOutside(x) && !coding.canOccur(x)).length;
  // A column with a density off its grid does not copy numbers that are off it.
  const leavesOut = (coding.options.offGridShare ?? 0) > 0;
  if (leavesOut ? 2 * impossible > present.length : impossible > 0) return [];
  const areCounts = Math.min(Math.abs(low), Math.abs(high)) <= high - low;
  if (!isSum && areCounts && 2 * present.filter(isOutside).length > present.length) return [];
  const ends = {
    ...((isSum || values.some((x) => x < low)) && { low }),
    ...((isSum || values.some((x) => x > high)) && { high }),
  };
  const least = special.find((value) => value - coding.step < low && values.includes(value));
  const whole = { ...source, ...ends };
  return least === undefined ? [whole] : [whole, { ...whole, low: least + coding.step / 2 }];
}

/** Numbers that may have a meaning of their own: the most frequent ones, 0, and the smallest one, if they have a code. */
function specialNumbers({ options: { atoms, heavy }, counts, support }: NumberCoding): number[] {
  const isSpecial = (value: number, code: number): boolean =>
    heavy.includes(code) || value === 0 || value === support.low;
  const special = atoms.flatMap((value, code) => (isSpecial(value, code) ? [{ value, count: counts[code] ?? 0 }] : []));
  return special
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_SPECIAL)
    .map(({ value }) => value);
}

function matchesOf(source: CopySource, coding: CellCoding, index: number, parts: readonly CopyRows[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      const own = part.rows.at(index).values as Float64Array;
      return Array.from(numbersOf(source, coding, part), (value, row) =>
        Number.isNaN(value) ? NONE : isCopy(own[row] as number, value) ? EQUAL : DIFFERENT,
      );
    }),
  );
}

/** What the rows say about the copies of a column. */
class CopyEvidence {
  private readonly parts: readonly CopyRows[];
  private readonly numbers: readonly number[];
  /** The log-probabilities of all cells without copies. */
  private readonly logProb: Float64Array;
  private readonly known: Map<number, Float64Array> = new Map();

  constructor(matches: readonly Uint8Array[], index: number, parts: readonly CopyRows[]) {
    this.parts = parts;
    this.numbers = parts.flatMap(({ rows }) => [...(rows.at(index).values as Float64Array)]);
    this.logProb = fittedLogProb(matches, parts);
  }

  /** The cells, if these numbers are kept. */
  cellsOf(kept: readonly number[]): CopyCells {
    const { numbers, logProb } = this;
    const logTaken = [Number.NaN, ...kept].map((cell) => this.logProbOf(cell));
    const logFree = logFreeOf(logTaken, numbers.length);
    const isOneKept = Uint8Array.from(numbers, (number) => Number(isKept({ kept }, number)));
    return { networks: logProb.map((value, row) => value - (logFree[row] as number)), logFree, isKept: isOneKept };
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

/** A source, and the shares of the sources with it. */
type TriedSource = readonly [CopyShares, CopySource];

/**
 * The source that is copied in the rows with some codes of an earlier column, such as the numbers of a season in a first season:
 * in all rows together its copies would be too rare. None without enough gain.
 */
function copiedBySome(
  task: CopyTask,
  parts: readonly CopyRows[],
  tries: readonly TriedSource[],
  without: CopyShares,
): TriedSource | undefined {
  const { index, judged } = task;
  const places = placesOfCodes(task);
  const codesOf = places.map((by) => parts.flatMap((part) => [...part.rows.at(by).codes]));
  let most = sumOf(without.logProb) + neededGain(index);
  let best: TriedSource | undefined;
  for (const tried of tries) {
    const [model] = tried;
    const gains = codesOf.map((codes) => splitCodes(model.matches, codes, MOST_CODES).gain);
    const largest = Math.max(...gains);
    if (!(largest > neededGain(index))) continue;
    const byCode = sharesByCode(task, parts, model, { most, places: [places[gains.indexOf(largest)] as number] });
    if (byCode === undefined) continue;
    const rows = judged.rows.rows;
    const gained = sumOf(byCode.model.logProb.subarray(0, rows)) - sumOf(without.logProb.subarray(0, rows));
    if (gained <= LEAST_JUDGED_GAIN) continue;
    most = byCode.sum;
    best = tried;
  }
  return best;
}

/** Codes in two groups, and what the groups gain. */
interface CodeSplit {
  /** By code: 1 for the codes with many equal cells, 0 for all others. */
  readonly groups: Uint8Array;
  /** Gain in nats if the share of equal cells depends on the group. */
  readonly gain: number;
}

/** The codes with the largest shares of equal cells, and the other codes. */
function splitCodes(matches: readonly Uint8Array[], codes: ArrayLike<number>, count: number): CodeSplit {
  const [equal, present] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < codes.length; row++) {
    const kinds = matches.map((match) => match[row]);
    const code = codes[row] as number;
    if (kinds.some((kind) => kind !== NONE)) present[code] = (present[code] as number) + 1;
    if (kinds.includes(EQUAL)) equal[code] = (equal[code] as number) + 1;
  }
  const logLikelihood = (k: number, n: number): number =>
    (k > 0 ? k * Math.log(k / n) : 0) + (k < n ? (n - k) * Math.log(1 - k / n) : 0);
  const shareOf = (code: number): number => (equal[code] as number) / (present[code] as number);
  const order = Array.from(present.keys()).filter((code) => (present[code] as number) > 0);
  order.sort((a, b) => shareOf(b) - shareOf(a));
  const [allEqual, all] = [sumOf(equal), sumOf(present)];
  let [k, n, size, gain] = [0, 0, 0, 0];
  for (const [i, code] of order.entries()) {
    k += equal[code] as number;
    n += present[code] as number;
    const own = logLikelihood(k, n) + logLikelihood(allEqual - k, all - n) - logLikelihood(allEqual, all);
    if (own > gain) [size, gain] = [i + 1, own];
  }
  const groups = new Uint8Array(count);
  for (const code of order.slice(0, size)) groups[code] = 1;
  return { groups, gain };
}

/** The earlier columns whose codes can select shares. */
function placesOfCodes({ codings, index }: CopyTask): number[] {
  return codings.slice(0, index).flatMap(({ coding: { codes } }, place) => {
    return codes < 2 || codes > MOST_CODES ? [] : [place];
  });
}

/** Shares of the sources for each code of an earlier column. */
interface SharesByCode {
  readonly by: number;
  readonly model: CopyShares;
  readonly shares: CopyShares["shares"];
  /** The log-likelihood without the cost of the shares. */
  readonly sum: number;
}

/**
 * The shares by the codes of the earlier column with the largest gain, if it is large enough: a share for each code, or for
 * two groups of codes.
 *
 * @param most the log-likelihood to exceed. Default: by the shares without codes and the needed gain.
 * @param places the earlier columns. Default: all that have few codes.
 */
function sharesByCode(
  task: CopyTask,
  parts: readonly CopyRows[],
  { matches, cells, shares, logProb }: CopyShares,
  options: { readonly most?: number; readonly places?: readonly number[] } = {},
): SharesByCode | undefined {
  const { codings, index } = task;
  const [known = []] = shares;
  let { most = sumOf(logProb) + neededGain(index) } = options;
  let best: SharesByCode | undefined;
  for (const by of options.places ?? placesOfCodes(task)) {
    const count = (codings[by] as (typeof codings)[number]).coding.codes;
    const codes = parts.flatMap((part) => [...part.rows.at(by).codes]);
    const perShare = (Math.log(codes.length) / 2) * known.length;
    const each = Uint8Array.from({ length: count }, (_, code) => code);
    const { groups } = splitCodes(matches, codes, count);
    const tries = [
      { groups: each, cost: perShare * (new Set(codes).size - 1) },
      { groups, cost: perShare + Math.log(count) },
    ];
    for (const { groups: own, cost } of count > 2 ? tries : tries.slice(0, 1)) {
      const grouped = { codes: codes.map((code) => own[code] as number), count: Math.max(...own) + 1, known };
      const model = new CopyShares(matches, cells, grouped);
      const sum = sumOf(model.logProb) - cost;
      if (!(sum > most)) continue;
      most = sum;
      best = { by, model, sum, shares: Array.from(own, (group) => model.shares[group] as readonly number[]) };
    }
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
