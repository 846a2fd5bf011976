import type { CellCoding } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import { isKept, keptCells, logFreeOf, NO_COPIES, placesOfCopies, possibleCopiesIn } from "../copied-cells.ts";
import type { DensityColumn } from "../density-column.ts";
import { keysOf, RecalledCells } from "../recalled-cells.ts";
import { sumOf } from "./copy-shares.ts";
import type { EncodedColumns } from "./encoded-columns.ts";
import { withoutShares } from "./find-edge.ts";
import type { CountedRows, FitRows } from "./fit-rows.ts";

/** Gain on the validation rows in nats, in addition to the logarithm of the number of tries. */
const LEAST_GAIN = 5;
/** The same per row with folds. A fold judges its rows alone, but the average of all folds is better. */
const LEAST_OF_FOLDS = 0.03;
/** The same per row for a column that mixtures leave out, because they recall no cells. */
const LEAST_OF_SEPARATE = 0.12;
/**
 * Maximum share of rows with a unique cell in their group, up to which unique cells are recalled. A recalled unique cell makes
 * its training row much likelier than new rows, so that a membership attack would succeed.
 */
const MOST_SINGLE = 0.25;
/** Most cells that are recalled. */
const MOST_CELLS = 50_000;
/** Most earlier columns that are tried; of more, the columns that the networks read. */
const MOST_TRIED = 100;
/** Maximum number of rows and of earlier columns for trying pairs, if no single column selects the cells. */
const MOST_PAIRED_ROWS = 5000;
const MOST_PAIRED = 32;
/** Candidate discounts and strengths. The first ones rank the columns. */
const DISCOUNTS = [0.75, 0, 0.25, 0.5, 0.9];
const STRENGTHS = [2, 0.25, 8, 32, 128, 512];
/** Number of groupings with a search of discounts and strengths, and of columns that are tried with a second column. */
const MOST_SEARCHED = 3;

/** Candidate factors of the share of the observed values in a column that recalls such values. */
const OBSERVED = [0.5, 0.25, 0.1, 0.03];

/** A fitted column, and the log-probabilities of its validation cells. */
export interface FittedCells {
  readonly column: DensityColumn;
  readonly logProb: Float64Array;
}

/** A column of a fit. */
interface RecallFit {
  readonly index: number;
  readonly codings: readonly { readonly coding: CellCoding }[];
  readonly rows: Pick<FitRows, "judged" | "counted" | "logProb">;
}

/** A column with the cells that it recalls, if these gain enough. Numbers that are not recalled repeat less often. */
export function withRecalled(fitted: FittedCells, fit: RecallFit): FittedCells {
  const { column } = fitted;
  const { coding } = column;
  if (!canBeEqual(coding) || column.members.length === 0) return fitted;
  const { index, codings, rows } = fit;
  const { judged, counted } = rows;
  const kept = column.copies?.kept ?? [];
  const before = index <= MOST_TRIED ? Array.from({ length: index }, (_, place) => place) : column.parents;
  const first = findRecalled({
    ...{ codings, index, before, counted, kept },
    judged: { rows: judged, ...recallOdds(fitted, fit) },
  });
  if (first === undefined) return fitted;
  let best = withFound(fitted, first);
  if (!(coding instanceof NumberCoding)) return best;
  const { inner, smooth } = coding.options;
  if (inner?.observed === undefined && smooth?.observed === undefined) return best;
  for (const factor of OBSERVED) {
    const less = { ...column, coding: coding.withLessObserved(factor) };
    const own = { column: less, logProb: rows.logProb(less, index) };
    const tried = withFound(own, first.again(recallOdds(own, fit)));
    if (sumOf(tried.logProb) < sumOf(best.logProb)) break;
    best = tried;
  }
  return best;
}

function withFound({ column, logProb }: FittedCells, { recalled, changes }: FoundRecalled): FittedCells {
  const isSeparate = sumOf(changes) >= LEAST_OF_SEPARATE * changes.length;
  const copies = { ...(column.copies ?? NO_COPIES), recalled, ...(isSeparate && { isSeparate }) };
  return { column: { ...column, copies }, logProb: logProb.map((value, row) => value + (changes[row] as number)) };
}

function recallOdds({ column, logProb }: FittedCells, { index, rows }: RecallFit): RecallOdds {
  const { judged } = rows;
  const { copies = NO_COPIES } = column;
  const uncopied = { ...column, copies: column.copies && withoutShares(copies) };
  const free = column.copies === undefined ? logProb : rows.logProb(uncopied, index);
  const logFree = logFreeOf(
    keptCells({ ...column, copies }).map((cell) => rows.logProb(uncopied, index, cell)),
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

/** For each validation row: a cell x that is recalled with probability m changes `p(x)` to `p(x) + w·m − b·Σm`. */
interface RecallOdds {
  readonly p: Float64Array;
  readonly w: Float64Array;
  readonly b: Float64Array;
}

/** The search for the cells that a column recalls. */
export interface RecallTask {
  readonly codings: readonly { readonly coding: CellCoding }[];
  readonly index: number;
  /** Places of the earlier columns that may select the cells. */
  readonly before: readonly number[];
  readonly counted: CountedRows;
  readonly judged: RecallOdds & { readonly rows: EncodedColumns };
  /** Numbers that are no copies, see `CopiedCells`. */
  readonly kept: readonly number[];
}

/** Cells that a column recalls, and the changes of the log-probabilities of its validation cells. */
export interface FoundRecalled {
  readonly recalled: RecalledCells;
  readonly changes: Float64Array;
  /** The same columns at other log-probabilities of the validation cells. */
  readonly again: (odds: RecallOdds) => FoundRecalled;
}

/** Rows in groups: the rows of a group have the same cells in some earlier columns. */
interface Grouping {
  readonly by: readonly number[];
  readonly count: number;
  /** The group of each row that is counted, and of each validation row; −1 for none. */
  readonly counted: Int32Array;
  readonly judged: Int32Array;
}

/** Parameters of a Pitman–Yor process. */
interface Prior {
  readonly discount: number;
  readonly strength: number;
}

/** A grouping, and how its counts predict the validation rows; undefined if it has too many cells. */
interface CountedGroups {
  readonly grouping: Grouping;
  readonly predictions: Predictions | undefined;
}

interface Found extends CountedGroups, Prior {
  readonly gain: number;
}

/** Finds one or two earlier columns that select the cells to recall. Undefined without enough gain. */
export function findRecalled(task: RecallTask): FoundRecalled | undefined {
  const { codings, before, counted, judged: odds } = task;
  const counts = new RecallCounts(task);
  const places = before.filter((place) => canBeEqual((codings[place] as { readonly coding: CellCoding }).coding));
  const needed = LEAST_GAIN + Math.log(places.length + 1);
  const ranked = counts.ranked([counts.whole, ...places.map((place) => counts.split(counts.whole, place))], odds);
  let best = counts.best(ranked, odds);
  // Two columns may select the cells although neither does alone.
  const isAlone = best.gain >= needed;
  const isPaired = places.length <= MOST_PAIRED && counted.rows.rows <= MOST_PAIRED_ROWS;
  const seeds = isAlone ? [best] : isPaired ? ranked.slice(0, MOST_SEARCHED + 1) : [];
  const pairs = seeds.flatMap(({ grouping }) => {
    const others = grouping.by.length === 0 ? [] : places.filter((place) => !grouping.by.includes(place));
    return others.map((place) => counts.split(grouping, place));
  });
  const both = pairs.length === 0 ? undefined : counts.best(counts.ranked(pairs, odds), odds);
  const added = isAlone ? best.gain + needed : needed + Math.log(places.length);
  if (both !== undefined && both.gain >= added) best = both;
  else if (!isAlone) return undefined;
  const isFolded = odds.rows === counted.rows;
  if (isFolded && best.gain < LEAST_OF_FOLDS * odds.p.length) return undefined;
  return counts.found(best, odds);
}

/** `true` for a column with cells that can be equal. */
function canBeEqual({ columnKind, step }: CellCoding): boolean {
  return columnKind === "text" || step > 0;
}

/** The cells of a column in groups of rows, and how likely they make the cells of the validation rows. */
class RecallCounts {
  readonly whole: Grouping;
  private readonly task: RecallTask;
  /** The different cells that are counted, and for each row the place of its cell among these. */
  private readonly cells: readonly number[];
  private readonly own: Int32Array;
  private readonly judged: Int32Array;

  constructor(task: RecallTask) {
    const { judged, index, kept } = task;
    this.task = task;
    const { columnKind, missingCode } = (task.codings[index] as { readonly coding: CellCoding }).coding;
    const isMissing = (x: number): boolean => Number.isNaN(x) || (columnKind === "text" && x === missingCode);
    const isFree = (x: number): boolean => !isMissing(x) && !isKept({ kept }, x);
    const places = new Map<number, number>();
    this.own = Int32Array.from(this.counted(index), (x) => (isFree(x) ? placeIn(places, x) : NONE));
    this.judged = Int32Array.from(cellsAt(judged.rows, index), (x) => (isFree(x) ? (places.get(x) ?? NEW) : NONE));
    this.cells = [...places.keys()];
    this.whole = { by: [], count: 1, counted: this.own.map(() => 0), judged: this.judged.map(() => 0) };
  }

  /** The groups, split by the cells of a column. */
  split({ by, counted, judged }: Grouping, place: number): Grouping {
    const [cells, groups] = [new Map<number, number>(), new Map<number, number>()];
    const size = counted.length;
    const ofCounted = Int32Array.from(this.counted(place), (x, row) =>
      Number.isNaN(x) || counted[row] === NONE
        ? NONE
        : placeIn(groups, placeIn(cells, x) * size + (counted[row] as number)),
    );
    const ofJudged = Int32Array.from(cellsAt(this.task.judged.rows, place), (x, row) => {
      const cell = cells.get(x);
      const isKnown = cell !== undefined && judged[row] !== NONE;
      return (isKnown ? groups.get(cell * size + (judged[row] as number)) : undefined) ?? NONE;
    });
    return { by: [...by, place], count: groups.size, counted: ofCounted, judged: ofJudged };
  }

  /** Groupings in the order of their gains with the first discount and strength, the largest one first. */
  ranked(groupings: readonly Grouping[], odds: RecallOdds): CountedGroups[] {
    const prior = { discount: DISCOUNTS[0] as number, strength: STRENGTHS[0] as number };
    const tried = groupings.map((grouping) => {
      const predictions = this.predictions(grouping);
      return { grouping, predictions, gain: gainOf(predictions, prior, odds) };
    });
    return tried.sort((a, b) => b.gain - a.gain);
  }

  /** The grouping, discount and strength with the largest gain, among the first groupings. */
  best(ranked: readonly CountedGroups[], odds: RecallOdds): Found {
    const found = ranked.slice(0, MOST_SEARCHED).flatMap(({ grouping, predictions }) =>
      DISCOUNTS.flatMap((discount) =>
        STRENGTHS.map((strength): Found => {
          const prior = { discount, strength };
          return { ...prior, grouping, predictions, gain: gainOf(predictions, prior, odds) };
        }),
      ),
    );
    return found.reduce((a, b) => (b.gain > a.gain ? b : a));
  }

  /** The cells to recall, and the changes of the log-probabilities of the validation rows. */
  found(best: Found, odds: RecallOdds): FoundRecalled {
    const { predictions } = best;
    const changes = new Float64Array(this.judged.length);
    for (const [i, change] of changesBy(predictions, best, odds).entries())
      changes[predictions?.at[i] as number] = change;
    const again = (other: RecallOdds): FoundRecalled => this.found(this.best([best], other), other);
    return { recalled: this.recalled(best), changes, again };
  }

  /** The cells of the groups. */
  private recalled({ grouping, discount, strength }: Found): RecalledCells {
    const { by, count, counted } = grouping;
    const { pairs, rows, least } = this.tally(grouping);
    const columns = by.map((place) => this.counted(place));
    const first = new Int32Array(count).fill(NONE);
    for (const [row, group] of counted.entries()) if (group !== NONE && first[group] === NONE) first[group] = row;
    const entries = Array.from({ length: count }, (): [value: number, share: number][] => []);
    for (const [name, own] of pairs) {
      if (own < least) continue;
      const group = name % count;
      const share = (own - discount) / ((rows[group] as number) + strength);
      entries[group]?.push([this.cells[(name - group) / count] as number, Number(share.toPrecision(9))]);
    }
    const filled = entries.flatMap((own, group) =>
      own.length > 0 ? [{ group, own: own.sort(([a], [b]) => a - b) }] : [],
    );
    return new RecalledCells({
      by,
      keys: filled.map(({ group }) => columns.map((cells) => cells[first[group] as number] as number)),
      groups: filled.map(({ own }) => ({ values: own.map(([value]) => value), shares: own.map(([, share]) => share) })),
    });
  }

  /** The cells of the rows that are counted. */
  private counted(place: number): Float64Array {
    return cellsAt(this.task.counted.rows, place);
  }

  /** How often each cell occurs in each group. */
  private tally({ counted, count }: Grouping): Tally {
    const pairs = new Map<number, number>();
    const rows = new Float64Array(count);
    for (const [row, group] of counted.entries()) {
      const cell = this.own[row] as number;
      if (group === NONE || cell === NONE) continue;
      rows[group] = (rows[group] as number) + 1;
      const name = cell * count + group;
      pairs.set(name, (pairs.get(name) ?? 0) + 1);
    }
    const [recalled, kinds] = [new Float64Array(count), new Float64Array(count)];
    const all = rows.reduce((sum, count) => sum + count, 0);
    const single = [...pairs.values()].filter((count) => count === 1).length;
    const least = single > MOST_SINGLE * all ? 2 : 1;
    let cells = 0;
    for (const [name, own] of pairs) {
      if (own < least) continue;
      cells++;
      recalled[name % count] = (recalled[name % count] as number) + own;
      kinds[name % count] = (kinds[name % count] as number) + 1;
    }
    return { pairs, rows, recalled, kinds, least, isTooLarge: cells > MOST_CELLS };
  }

  /** The counts that predict the cell of each validation row. */
  private predictions(grouping: Grouping): Predictions | undefined {
    const { count, judged } = grouping;
    const { pairs, rows, recalled, kinds, least, isTooLarge } = this.tally(grouping);
    if (isTooLarge) return undefined;
    const found: Predictions = { at: [], rows: [], count: [], recalled: [], kinds: [] };
    for (const [row, group] of judged.entries()) {
      const cell = this.judged[row] as number;
      if (group === NONE || cell === NONE) continue;
      let own = cell === NEW ? 0 : (pairs.get(cell * count + group) ?? 0);
      let [all, sum, different] = [rows[group] as number, recalled[group] as number, kinds[group] as number];
      if (this.task.counted.areJudged) {
        const isLost = own === least;
        if (own >= least) sum -= isLost ? own : 1;
        if (isLost) different--;
        own--;
        all--;
      }
      if (sum === 0) continue;
      found.at.push(row);
      found.rows.push(all);
      found.count.push(own < least ? 0 : own);
      found.recalled.push(sum);
      found.kinds.push(different);
    }
    return found;
  }
}

/** The gain of the validation rows in nats. */
function gainOf(predictions: Predictions | undefined, prior: Prior, odds: RecallOdds): number {
  return predictions === undefined ? Number.NEGATIVE_INFINITY : sumOf(changesBy(predictions, prior, odds));
}

/** The change of the log-probability of each row that is predicted. */
function changesBy(
  predictions: Predictions | undefined,
  { discount, strength }: Prior,
  { p, w, b }: RecallOdds,
): number[] {
  return (predictions?.at ?? []).map((row, i) => {
    const { rows, count, recalled, kinds } = predictions as Predictions;
    const total = (rows[i] as number) + strength;
    const share = Math.max(0, (count[i] as number) - discount) / total;
    const all = ((recalled[i] as number) - discount * (kinds[i] as number)) / total;
    return Math.log1p(((w[row] as number) * share - (b[row] as number) * all) / (p[row] as number));
  });
}

/** The rows of each group, the rows and the different cells that it recalls, and the count of each cell in each group. */
interface Tally {
  readonly pairs: ReadonlyMap<number, number>;
  readonly rows: Float64Array;
  readonly recalled: Float64Array;
  readonly kinds: Float64Array;
  /** The least count of a cell that is recalled. */
  readonly least: number;
  readonly isTooLarge: boolean;
}

/** For some validation rows: the rows of their group, the count of their cell, and the rows and kinds that are recalled. */
interface Predictions {
  readonly at: number[];
  readonly rows: number[];
  readonly count: number[];
  readonly recalled: number[];
  readonly kinds: number[];
}

/** Places of a cell that stays, and of a cell that no training row has. */
const NONE = -1;
const NEW = -2;

/** The cells of a column as keys; NaN for a missing cell and for a category that no training row has. */
function cellsAt(rows: EncodedColumns, place: number): Float64Array {
  const column = rows.at(place);
  const cells = keysOf(column);
  return column.values === undefined ? cells.map((code) => (code < 0 ? Number.NaN : code)) : cells;
}

/** The place of a value among different values, which it joins. */
function placeIn(places: Map<number, number>, value: number): number {
  const place = places.get(value) ?? places.size;
  if (place === places.size) places.set(value, place);
  return place;
}
