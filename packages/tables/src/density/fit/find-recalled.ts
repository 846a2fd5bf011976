import type { CellCoding } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import { type CopiedCells, logFreeOf, NO_COPIES, placesOfCopies, possibleCopiesIn } from "../copied-cells.ts";
import type { DensityColumn } from "../density-column.ts";
import { hasOnlyCodes, type RecalledCells } from "../recalled-cells.ts";
import { sumOf } from "./copy-shares.ts";
import { withoutShares } from "./find-edge.ts";
import type { FitRows } from "./fit-rows.ts";
import {
  type Grouping,
  type GroupJudge,
  type Prediction,
  type Prior,
  type RecallTask,
  RowGroups,
} from "./recall-groups.ts";
import { CodeJudge, type CodeOdds } from "./recalled-codes.ts";
import { NumberJudge, type NumberOdds } from "./recalled-numbers.ts";

/** Gain on the validation rows in nats, in addition to the logarithm of the number of tries. */
const LEAST_GAIN = 5;
/** The same per row with folds. A fold judges its rows alone, but the average of all folds is better. */
const LEAST_OF_FOLDS = 0.03;
/** The same per row for a column that mixtures leave out, because they recall no cells. */
const LEAST_OF_SEPARATE = 0.3;
/**
 * Minimum gain of rows that are left out of the counts, relative to the gain of the same rows in the counts. With less, recall would
 * show which rows were learned.
 */
const LEAST_OF_KNOWN = 0.2;
/** Most earlier columns that are tried; of more, the columns that the networks read. */
const MOST_TRIED = 100;
/** Maximum number of earlier columns for trying pairs, if no single column selects the cells. */
const MOST_PAIRED = 64;
/** Number of rows, in whole groups, by which pairs are ranked; and the maximum number of rows for pairs that select codes. */
const PAIRED_ROWS = 5000;
/** Minimum likeness of the cells of groups, in standard deviations, for trying a column with a second one. */
const LEAST_LIKENESS = 5;
/** Maximum number of columns that select the cells. */
const MOST_COLUMNS = 4;
/** Number of groupings with a search of parameters, and of columns that are tried with a second column. */
const MOST_SEARCHED = 3;
/** Most probabilities of codes in all rows. */
const MOST_SHARES = 2e7;

/** Maximum share of the rows with the same number, up to which the number is recalled. */
const MOST_RECALLED = 0.25;

/** Candidate factors of the share of the observed values in a column that recalls such values. */
const OBSERVED = [0.5, 0.25, 0.1, 0.03];

/** A fitted column, and the log-probabilities of its validation cells. */
export interface FittedCells {
  readonly column: DensityColumn;
  readonly logProb: Float64Array;
}

/** A fitted column that may have copies. */
interface CopyingCells extends FittedCells {
  readonly column: DensityColumn & { readonly copies: CopiedCells };
}

/** A column of a fit. */
interface RecallFit {
  readonly index: number;
  readonly codings: readonly { readonly coding: CellCoding }[];
  readonly rows: Pick<FitRows, "judged" | "counted" | "logProb" | "codeShares">;
}

/** A column with the cells that it recalls, if these gain enough. Numbers that are not recalled repeat less often. */
export function withRecalled(fitted: FittedCells, fit: RecallFit): FittedCells {
  const { column } = fitted;
  const { coding, copies, members, parents } = column;
  const { index, codings, rows } = fit;
  const { judged, counted } = rows;
  const areCodes = hasOnlyCodes(coding);
  const mayRecall = areCodes
    ? copies === undefined && counted.rows.rows * coding.codes <= MOST_SHARES
    : canBeEqual(coding);
  if (members.length === 0 || !mayRecall) return fitted;
  const before = index <= MOST_TRIED ? Array.from({ length: index }, (_, place) => place) : parents;
  const ownCopies = copies ?? { ...NO_COPIES, kept: areCodes ? [] : commonNumbers(coding) };
  const own = { column: { ...column, copies: ownCopies }, logProb: fitted.logProb };
  const task = { codings, index, before, counted, judged, kept: ownCopies.kept ?? [] };
  const first = findRecalled(task, areCodes ? rows.codeShares(column) : recallOdds(own, fit));
  if (first === undefined) return fitted;
  let best = withFound(own, first);
  if (areCodes || !(coding instanceof NumberCoding)) return best;
  const { inner, smooth } = coding.options;
  if (inner?.observed === undefined && smooth?.observed === undefined) return best;
  for (const factor of OBSERVED) {
    const less = { ...own.column, coding: coding.withLessObserved(factor) };
    const lessOften = { column: less, logProb: rows.logProb(less, index) };
    const tried = withFound(lessOften, first.again(recallOdds(lessOften, fit)));
    if (sumOf(tried.logProb) < sumOf(best.logProb)) break;
    best = tried;
  }
  return best;
}

/** The numbers of a large share of all rows. The networks know these. */
function commonNumbers(coding: CellCoding): number[] {
  if (!(coding instanceof NumberCoding)) return [];
  const { options, counts } = coding;
  const least = MOST_RECALLED * counts.reduce((sum, count) => sum + count, 0);
  return options.atoms.filter((_, code) => (counts[code] ?? 0) > least);
}

function withFound({ column, logProb }: CopyingCells, { recalled, changes }: FoundRecalled): FittedCells {
  const isSeparate = sumOf(changes) >= LEAST_OF_SEPARATE * changes.length;
  const copies = { ...column.copies, recalled, ...(isSeparate && { isSeparate }) };
  return { column: { ...column, copies }, logProb: logProb.map((value, row) => value + (changes[row] as number)) };
}

function recallOdds({ column, logProb }: CopyingCells, { index, rows }: RecallFit): NumberOdds {
  const { judged } = rows;
  const { copies } = column;
  const uncopied = { ...column, copies: withoutShares(copies) };
  const free = copies.sources.length === 0 ? logProb : rows.logProb(uncopied, index);
  const kept = [Number.NaN, ...(copies.kept ?? [])];
  const logFree = logFreeOf(
    kept.map((cell) => rows.logProb(uncopied, index, cell)),
    judged.rows,
  );
  const possible = possibleCopiesIn(column, judged.pick(placesOfCopies(copies)), judged.rows);
  const left = logProb.map((_, row) => 1 - possible.share(row));
  return {
    p: logProb.map(Math.exp),
    w: logFree.map((value, row) => Math.exp(value) * (left[row] as number)),
    b: free.map((value, row) => Math.exp(value) * (left[row] as number)),
  };
}

/** Cells that a column recalls, and the changes of the log-probabilities of its validation cells. */
export interface FoundRecalled {
  readonly recalled: RecalledCells;
  readonly changes: Float64Array;
  /** The same columns at other log-probabilities of the validation cells. */
  readonly again: (odds: NumberOdds | CodeOdds) => FoundRecalled;
}

interface Found {
  readonly grouping: Grouping;
  readonly prior: Prior;
  readonly prediction: Prediction;
  /** Of the validation rows, in nats. */
  readonly gain: number;
}

/**
 * Finds the earlier columns that select the cells to recall, one after the other. Undefined without enough gain. Codes are selected
 * by codes alone: samples draw a number of a wide range without knowledge of its group, so that the columns between contradict the group.
 */
export function findRecalled(task: RecallTask, odds: NumberOdds | CodeOdds): FoundRecalled | undefined {
  const { codings, before, counted, judged } = task;
  const groups = new RowGroups(counted.rows, judged);
  const judgeOf = (own: NumberOdds | CodeOdds): GroupJudge =>
    "p" in own ? new NumberJudge(task, own) : new CodeJudge(task, own);
  const judge = judgeOf(odds);
  const maySelect = (coding: CellCoding): boolean => ("p" in odds ? canBeEqual(coding) : hasOnlyCodes(coding));
  const places = before.filter((place) => maySelect((codings[place] as { readonly coding: CellCoding }).coding));
  const needed = LEAST_GAIN + Math.log(places.length + 1);
  // The networks know the frequencies of codes.
  const whole = "p" in odds ? [groups.whole] : [];
  const split = places.map((place) => groups.split(groups.whole, place));
  if (whole.length + split.length === 0) return undefined;
  const ranked = rankedBy(judge, [...whole, ...split]);
  let best = bestOf(judge, groupingsOf(ranked));
  if (best === undefined) return undefined;
  // Two columns may select the cells although neither does alone.
  let isEnough = best.gain >= needed;
  const isPaired = places.length <= MOST_PAIRED && ("p" in odds || counted.rows.rows <= PAIRED_ROWS);
  let seeds = isEnough ? [best.grouping] : isPaired ? seedsOf(ranked) : [];
  for (let columns = 2; columns <= MOST_COLUMNS; columns++) {
    const more = seeds.flatMap((grouping) => {
      const others = grouping.by.length === 0 ? [] : places.filter((place) => !grouping.by.includes(place));
      const some = isEnough ? grouping : groups.some(grouping, PAIRED_ROWS);
      return others.map((place) => groups.split(some, place));
    });
    const first = groupingsOf(rankedBy(judge, more)).slice(0, MOST_SEARCHED);
    const next = bestOf(judge, isEnough ? first : first.map(({ by }) => groups.by(by)));
    const added = isEnough ? best.gain + needed : needed + Math.log(places.length);
    if (next === undefined || next.gain < added) break;
    [best, isEnough, seeds] = [next, true, [next.grouping]];
  }
  if (!isEnough) return undefined;
  if (judged === counted.rows && best.gain < LEAST_OF_FOLDS * judged.rows) return undefined;
  if (best.gain < LEAST_OF_KNOWN * sumOf(best.prediction.changes(best.prior, true))) return undefined;
  return foundBy(best, groups, judgeOf);
}

function foundBy(
  { grouping, prior, prediction }: Found,
  groups: RowGroups,
  judgeOf: (odds: NumberOdds | CodeOdds) => GroupJudge,
): FoundRecalled {
  return {
    recalled: groups.recalled(grouping, prediction.recalled(prior)),
    changes: prediction.changes(prior),
    again: (odds) => foundBy(bestOf(judgeOf(odds), [grouping]) as Found, groups, judgeOf),
  };
}

interface Ranked {
  readonly grouping: Grouping;
  /** In nats, as if all groups were judged. */
  readonly gain: number;
  readonly likeness: number;
}

/** Groupings in the order of their gains with the first candidate of the parameters, the largest one first. */
function rankedBy(judge: GroupJudge, groupings: readonly Grouping[]): readonly Ranked[] {
  const [prior] = judge.priors as readonly [Prior];
  const gains = groupings.map((grouping) => {
    const prediction = judge.predict(grouping);
    if (prediction === undefined) return { grouping, gain: Number.NEGATIVE_INFINITY, likeness: 0 };
    return { grouping, gain: sumOf(prediction.changes(prior)) / grouping.share, likeness: prediction.likeness };
  });
  return gains.sort((a, b) => b.gain - a.gain);
}

function groupingsOf(ranked: readonly Ranked[]): readonly Grouping[] {
  return ranked.map(({ grouping }) => grouping);
}

/** The groupings with the largest gains, and with the cells that are most alike. */
function seedsOf(ranked: readonly Ranked[]): readonly Grouping[] {
  const alike = ranked.filter(({ likeness }) => likeness >= LEAST_LIKENESS).sort((a, b) => b.likeness - a.likeness);
  return [...new Set(groupingsOf([...ranked.slice(0, MOST_SEARCHED + 1), ...alike.slice(0, MOST_SEARCHED)]))];
}

/** The grouping and the parameters with the largest gain, among the first groupings. Undefined if these have too many cells. */
function bestOf(judge: GroupJudge, ranked: readonly Grouping[]): Found | undefined {
  let best: Found | undefined;
  for (const grouping of ranked.slice(0, MOST_SEARCHED)) {
    const prediction = judge.predict(grouping);
    if (prediction === undefined) continue;
    for (const prior of judge.priors) {
      const gain = sumOf(prediction.changes(prior)) - (prior.cost ?? 0);
      if (best === undefined || gain > best.gain) best = { grouping, prior, prediction, gain };
    }
  }
  return best;
}

/** `true` for a column with cells that can be equal. */
function canBeEqual({ columnKind, step }: CellCoding): boolean {
  return columnKind === "text" || step > 0;
}
