import { isKept } from "../copied-cells.ts";
import type { RecalledGroup } from "../recalled-cells.ts";
import { sumOf } from "./copy-shares.ts";
import {
  cellsAt,
  type Grouping,
  type GroupJudge,
  groupSizes,
  MOST_CELLS,
  NONE,
  type Prediction,
  type Prior,
  placeIn,
  type RecallTask,
} from "./recall-groups.ts";

/**
 * Maximum share of rows with a unique cell in their group, up to which unique cells are recalled. A recalled unique cell makes
 * its training row much likelier than new rows, so that a membership attack would succeed.
 */
const MOST_SINGLE = 0.25;
/** Candidate discounts and strengths. The first ones rank the groupings. */
const DISCOUNTS = [0.75, 0, 0.25, 0.5, 0.9];
const STRENGTHS = [2, 0.01, 0.1, 0.5, 8, 32, 128, 512];

/** For each validation row: a number x that is recalled with probability m changes `p(x)` to `p(x) + w·m − b·Σm`. */
export interface NumberOdds {
  readonly p: Float64Array;
  readonly w: Float64Array;
  readonly b: Float64Array;
}

/** Place of a number that no row to count has. */
const NEW = -2;

/** Judges groups by the numbers that several of their rows have. */
export class NumberJudge implements GroupJudge {
  // As if one more row did not recall the number of the only other row of its group.
  readonly priors: readonly Prior[] = DISCOUNTS.flatMap((discount) =>
    STRENGTHS.map((strength) => ({ discount, strength, cost: -Math.log1p((discount - 1) / (1 + strength)) })),
  );
  private readonly odds: NumberOdds;
  private readonly areJudged: boolean;
  /** `true` if unique cells leave their probability to the recalled ones. With the few rows of folds, this costs likelihood. */
  private readonly isFilled: boolean;
  /** The different numbers that are counted, and for each row the place of its number among these. */
  private readonly cells: readonly number[];
  private readonly own: Int32Array;
  private readonly judged: Int32Array;
  /** The share of the pairs of rows that have the same number. */
  private readonly equal: number;

  constructor({ judged, index, kept, counted }: RecallTask, odds: NumberOdds) {
    this.odds = odds;
    this.areJudged = counted.areJudged;
    this.isFilled = judged !== counted.rows;
    const isFree = (x: number): boolean => !Number.isNaN(x) && !isKept({ kept }, x);
    const places = new Map<number, number>();
    this.own = Int32Array.from(cellsAt(counted.rows, index), (x) => (isFree(x) ? placeIn(places, x) : NONE));
    this.judged = Int32Array.from(cellsAt(judged, index), (x) => (isFree(x) ? (places.get(x) ?? NEW) : NONE));
    this.cells = [...places.keys()];
    const counts = groupSizes({ count: places.size, counted: this.own }, () => true);
    this.equal = pairsIn(counts) / Math.max(1, pairsIn([sumOf(counts)]));
  }

  predict(grouping: Grouping): Prediction | undefined {
    const tally = this.tally(grouping);
    if (tally.isTooLarge) return undefined;
    const rows = this.predictedRows(grouping, tally, false);
    return {
      changes: (prior, isKnown = false) =>
        this.changes(isKnown ? this.predictedRows(grouping, tally, true) : rows, prior),
      recalled: (prior) => this.recalled(grouping, tally, prior),
      likeness: this.likeness(tally),
    };
  }

  /** The cells of the groups. */
  private recalled({ count }: Grouping, tally: Tally, prior: Prior): RecalledGroup[] {
    const { pairs, rows, recalled, kinds, least } = tally;
    const entries = Array.from({ length: count }, (): [value: number, weight: number][] => []);
    const factors = rows.map((size, group) => {
      const [some, different] = [recalled[group] as number, kinds[group] as number];
      return some === 0 ? 0 : this.factorOf({ rows: size, recalled: some, kinds: different }, prior);
    });
    for (const [name, own] of pairs) {
      if (own < least) continue;
      const group = name % count;
      const weight = (own - prior.discount) * (factors[group] as number);
      entries[group]?.push([this.cells[(name - group) / count] as number, Number(weight.toPrecision(9))]);
    }
    return entries.map((own) => {
      const rising = own.sort(([a], [b]) => a - b);
      return { values: rising.map(([value]) => value), weights: rising.map(([, weight]) => weight) };
    });
  }

  /**
   * The factor from `count − discount` to the probability of a recalled cell. Cells that are not recalled because they are unique
   * leave their probability to the recalled ones, so that samples repeat cells as often as rows do.
   */
  private factorOf({ rows, recalled, kinds }: GroupCounts, { discount, strength }: Prior): number {
    const unique = this.isFilled ? (1 - discount) * (rows - recalled) : 0;
    return (1 + unique / (recalled - discount * kinds)) / (rows + strength);
  }

  private likeness({ pairs, rows }: Tally): number {
    const expected = this.equal * pairsIn(rows);
    return expected === 0 ? 0 : (pairsIn(pairs.values()) - expected) / Math.sqrt(expected);
  }

  /** How often each cell occurs in each group. */
  private tally(grouping: Grouping): Tally {
    const { counted, count } = grouping;
    const pairs = new Map<number, number>();
    const rows = groupSizes(grouping, (row) => this.own[row] !== NONE);
    for (const [row, group] of counted.entries()) {
      const cell = this.own[row] as number;
      if (group === NONE || cell === NONE) continue;
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

  /** The counts that predict the cell of each validation row. @param isKnown `true` to keep the row in the counts. */
  private predictedRows(
    { count, judged }: Grouping,
    { pairs, rows, recalled, kinds, least }: Tally,
    isKnown: boolean,
  ): PredictedRows {
    const found: PredictedRows = { at: [], count: [], groups: [] };
    for (const [row, group] of judged.entries()) {
      const cell = this.judged[row] as number;
      if (group === NONE || cell === NONE) continue;
      let own = cell === NEW ? 0 : (pairs.get(cell * count + group) ?? 0);
      let [all, sum, different] = [rows[group] as number, recalled[group] as number, kinds[group] as number];
      if (this.areJudged && !isKnown) {
        const isLost = own === least;
        if (own >= least) sum -= isLost ? own : 1;
        if (isLost) different--;
        own--;
        all--;
      }
      if (sum === 0) continue;
      found.at.push(row);
      found.count.push(own < least ? 0 : own);
      found.groups.push({ rows: all, recalled: sum, kinds: different });
    }
    return found;
  }

  /** The changes of the log-probabilities of the validation rows. */
  private changes({ at, count, groups }: PredictedRows, prior: Prior): Float64Array {
    const { p, w, b } = this.odds;
    const { discount } = prior;
    const changes = new Float64Array(this.judged.length);
    for (const [i, row] of at.entries()) {
      const group = groups[i] as GroupCounts;
      const factor = this.factorOf(group, prior);
      const own = Math.max(0, (count[i] as number) - discount) * factor;
      const all = (group.recalled - discount * group.kinds) * factor;
      changes[row] = Math.log1p(((w[row] as number) * own - (b[row] as number) * all) / (p[row] as number));
    }
    return changes;
  }
}

/** The number of pairs of rows with the same cell or group. @param counts the rows of each. */
function pairsIn(counts: Iterable<number>): number {
  let pairs = 0;
  for (const count of counts) pairs += (count * (count - 1)) / 2;
  return pairs;
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

/** The rows of a group, and the rows and the different cells that it recalls. */
interface GroupCounts {
  readonly rows: number;
  readonly recalled: number;
  readonly kinds: number;
}

/** For some validation rows: the count of their cell in their group, and the group. */
interface PredictedRows {
  readonly at: number[];
  readonly count: number[];
  readonly groups: GroupCounts[];
}
