import { codesOf, type RecalledGroup } from "../recalled-cells.ts";
import {
  type Grouping,
  type GroupJudge,
  groupSizes,
  MOST_CELLS,
  NONE,
  type Prediction,
  type Prior,
  type RecallTask,
} from "./recall-groups.ts";

/** Minimum number of rows of a group: the code of a single row would make this row much likelier than new rows. */
const LEAST_ROWS = 2;
/** Candidate strengths. The first one ranks the groupings. */
const STRENGTHS = [0.5, 0.1, 0.02, 2, 8, 32];

/** The probabilities of the codes of a column `[rows, codes]` by its networks, in the validation rows and in the rows that are counted. */
export interface CodeOdds {
  readonly judged: Float32Array;
  readonly counted: Float32Array;
}

/** The codes that occur in a group. */
class CodeGroup {
  rows = 0;
  readonly codes: number[] = [];
  readonly counts: number[] = [];
  /** The sum of the probabilities of each code over the rows of the group. */
  readonly expected: number[] = [];

  /** Counts a code. Returns `true` for a new one. */
  count(code: number): boolean {
    this.rows++;
    const place = this.codes.indexOf(code);
    if (place >= 0) {
      this.counts[place] = (this.counts[place] as number) + 1;
      return false;
    }
    this.codes.push(code);
    this.counts.push(1);
    this.expected.push(0);
    return true;
  }

  /** Adds the probabilities of the codes of a row, which begin at a place. */
  expect(shares: Float32Array, from: number): void {
    for (const [i, code] of this.codes.entries()) {
      this.expected[i] = (this.expected[i] as number) + (shares[from + code] as number);
    }
  }
}

/** Judges groups by the codes that occur more often, or less often, than the networks expect. */
export class CodeJudge implements GroupJudge {
  readonly priors: readonly Prior[] = STRENGTHS.map((strength) => ({ discount: 0, strength }));
  private readonly odds: CodeOdds;
  private readonly areJudged: boolean;
  private readonly codes: number;
  private readonly own: Float64Array;
  private readonly judged: Float64Array;

  constructor({ codings, index, counted, judged }: RecallTask, odds: CodeOdds) {
    this.odds = odds;
    this.areJudged = counted.areJudged;
    this.codes = (codings[index] as (typeof codings)[number]).coding.codes;
    this.own = codesOf(counted.rows.at(index));
    this.judged = codesOf(judged.at(index));
  }

  predict(grouping: Grouping): Prediction | undefined {
    const groups = this.codeGroups(grouping);
    if (groups === undefined) return undefined;
    return {
      changes: (prior, isKnown = false) => this.changes(grouping, groups, prior, isKnown),
      recalled: (prior) => groups.map((group) => recalledBy(group, prior)),
      likeness: 0,
    };
  }

  /** The codes of each group, and of all other rows at the end; undefined if there are too many. */
  private codeGroups(grouping: Grouping): readonly CodeGroup[] | undefined {
    const { own, codes } = this;
    const sizes = groupSizes(grouping, (row) => (own[row] as number) >= 0);
    const groups = Array.from({ length: sizes.length + 1 }, (): CodeGroup => new CodeGroup());
    const others = groups.at(-1) as CodeGroup;
    // Without itself, a row of a group of two has no group.
    const groupsOf = (row: number): CodeGroup[] => {
      const place = grouping.counted[row] as number;
      const size = place === NONE ? 0 : (sizes[place] as number);
      return [...(size >= LEAST_ROWS ? [groups[place] as CodeGroup] : []), ...(size <= LEAST_ROWS ? [others] : [])];
    };
    let cells = 0;
    for (const [row, code] of own.entries()) {
      if (code < 0) continue;
      for (const group of groupsOf(row)) if (group.count(code)) cells++;
      if (cells > MOST_CELLS) return undefined;
    }
    for (const [row, code] of own.entries()) {
      if (code < 0) continue;
      for (const group of groupsOf(row)) group.expect(this.odds.counted, row * codes);
    }
    return groups;
  }

  /** The changes of the log-probabilities of the validation rows. @param isKnown `true` to keep the row in the counts. */
  private changes(
    { judged }: Grouping,
    groups: readonly CodeGroup[],
    { strength }: Prior,
    isKnown: boolean,
  ): Float64Array {
    const areLeftOut = this.areJudged && !isKnown;
    return Float64Array.from(judged, (place, row) => {
      const code = this.judged[row] as number;
      const isLeftOut = areLeftOut && code >= 0;
      const mates = place === NONE ? 0 : (groups[place] as CodeGroup).rows - Number(isLeftOut);
      const group = mates < LEAST_ROWS ? (groups.at(-1) as CodeGroup) : (groups[place] as CodeGroup);
      let [sum, left, rest, own] = [0, 1, group.rows - Number(isLeftOut), Number.NaN];
      for (const [i, other] of group.codes.entries()) {
        const share = this.odds.judged[row * this.codes + other] as number;
        const isOwn = other === code;
        const count = (group.counts[i] as number) - Number(isLeftOut && isOwn);
        if (count === 0) continue;
        const expected = Math.max(0, (group.expected[i] as number) - (isLeftOut ? share : 0));
        const factor = effectOf(count, expected, strength);
        sum += share * factor;
        left -= share;
        rest -= expected;
        if (isOwn) own = factor;
      }
      const ofRest = effectOf(0, Math.max(0, rest), strength);
      return Math.log((Number.isNaN(own) ? ofRest : own) / (sum + Math.max(0, left) * ofRest));
    });
  }
}

/** The effect of a group on a code, see `RecalledCells`. */
function effectOf(count: number, expected: number, strength: number): number {
  return (count + strength) / (expected + strength);
}

function recalledBy({ codes, counts, expected, rows }: CodeGroup, { strength }: Prior): RecalledGroup {
  const rest = Math.max(0, rows - expected.reduce((sum, one) => sum + one, 0));
  const ofRest = Math.log(effectOf(0, rest, strength));
  const order = [...codes.keys()].sort((a, b) => (codes[a] as number) - (codes[b] as number));
  const weightOf = (i: number): number =>
    Math.log(effectOf(counts[i] as number, expected[i] as number, strength)) - ofRest;
  return {
    values: order.map((i) => codes[i] as number),
    weights: order.map((i) => Number(weightOf(i).toPrecision(6))),
  };
}
