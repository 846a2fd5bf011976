import type { Column, NumberColumn, Table } from "@pushforward/datasets";
import { logGamma } from "@pushforward/ops";
import { columnOf } from "../density/coding/category-coding.ts";
import { findRanges, mirror, rowsAtEdge, type SortedRows, sortedRows } from "./find-ranges.ts";
import { type CellState, isOrdered, type RowRule, rowsThatKeep, stateOf } from "./row-rules.ts";
import type { SumRule } from "./sum-rules.ts";

/** Evidence in nats against independent columns, in addition to the logarithm of the number of pairs. */
const AGAINST_CHANCE = 20;
/** Evidence in nats against the model, or against a coincidence of ties, in addition to that logarithm. */
const AGAINST_MODEL = 10;
/**
 * Minimum share of the rows with a state in which independent columns would have an excluded state. Rows that break a weaker rule
 * are too likely: each costs `log(rows)` nats.
 */
const LEAST_EXCLUDED = 0.5;
/** Columns with more states have no rule of combinations. */
const MOST_STATES = 50;
/** Tables with more columns are not searched. */
const MOST_COLUMNS = 200;
/** Evidence in nats that a state is not independent of the group that it joins, in addition to that logarithm. */
const AGAINST_GROUP = 10;
/** Only columns with few states have states in groups. */
const FEW_STATES = 3;
/** Minimum number of rows with a state of a group. */
const LEAST_JOINING = 10;
/** Minimum and maximum number of states of a group. The number of rules grows with its square. */
const LEAST_JOINED = 3;
const MOST_JOINED = 40;

/** Digits of differences: float64 rounds equal differences differently. */
const DIFFERENCE_DIGITS = 12;

/** A rule that all rows of a table satisfy, with its evidence. */
interface Candidate {
  readonly rule: RowRule;
  /** Evidence of a rule of order, or of a range. */
  readonly evidence?: RuleEvidence;
}

interface RuleEvidence {
  /** Rows with both cells. */
  readonly rows: number;
  /** Evidence in nats that the rule is no coincidence: by ties of an order, or by the edge of a range. */
  readonly nats: number;
}

/**
 * Finds rules that all rows of a table satisfy: order of two columns of numbers of the same kind, combinations of states of two
 * columns, and ranges of numbers in the states of another column.
 *
 * If the columns were independent, the probability that all rows satisfy some rule would be at most e^−20 over all pairs of columns.
 * For a state that excludes states of the other column, the probability is exact (the hypergeometric distribution). Ten missing
 * cells in the same rows of two columns are therefore enough in a table of 110 rows.
 * Each combination of a rule occurs at least twice, so by Good and Turing the mass of further combinations is about 0. If some
 * combination occurs once, the rule covers only states without such a combination.
 *
 * At most one state of a group occurs in a row. A category that is written as a column of 0 and 1 for each value is a group.
 * Each pair of its states becomes a rule. A state joins a group with c rows if no row has it together with a state of the group,
 * and n rows that are independent of the group would have such a row: the evidence is −n·log(1 − c/rows) nats.
 *
 * @param columns the columns to compare. @param kindOf the kind of the numbers of a column. Only numbers of the same kind are
 * compared, and only numbers of the kind "number" have ranges.
 * @param sums rules of sums that all rows satisfy. Default: none.
 */
export class RuleSearch {
  private readonly candidates: readonly Candidate[];
  private readonly needed: number;

  constructor(
    table: Table,
    columns: readonly string[],
    kindOf: (name: string) => string | undefined,
    sums: readonly SumRule[] = [],
  ) {
    const pairs = (columns.length * (columns.length - 1)) / 2;
    this.needed = Math.log(Math.max(1, pairs));
    const ofSums = sums.map((rule): Candidate => {
      const ties = columnOf(table, rule.of as string).values.filter((value) => value === 0).length;
      return { rule, evidence: { rows: table.rows, nats: ties * Math.LN2 } };
    });
    const found = columns.length > MOST_COLUMNS ? [] : this.search(table, columns, kindOf);
    this.candidates = [...ofSums, ...found];
  }

  /** Rules of order with enough ties: they need no evidence against a model. */
  get tied(): RowRule[] {
    return this.candidates.flatMap(({ rule, evidence }) =>
      rule.type !== "range" && evidence !== undefined && evidence.nats >= AGAINST_MODEL + this.needed ? [rule] : [],
    );
  }

  /** `true` if there are candidates for {@link found}. */
  get hasCandidates(): boolean {
    return this.candidates.length > 0;
  }

  /**
   * The rules that a model breaks. A rule of order, or of a range, needs evidence against the model: if the model were right,
   * all rows would keep the rule with a probability of at most e^−10 over all pairs of columns; ties at the border count
   * as well. A rule that the model keeps without help is left out.
   *
   * @param drawn rows of the model.
   */
  found(drawn: Table): RowRule[] {
    const isKept = ({ rule, evidence }: Candidate): boolean => {
      const broken = rowsThatKeep(rule, drawn).reduce((count, keeps) => count + 1 - keeps, 0);
      if (broken === 0 || evidence === undefined) return broken > 0;
      const ofModel = -evidence.rows * Math.log1p(-Math.min(broken / drawn.rows, 1 - 1e-9));
      return evidence.nats + ofModel >= AGAINST_MODEL + this.needed;
    };
    return this.candidates.filter(isKept).map(({ rule }) => rule);
  }

  private search(
    table: Table,
    names: readonly string[],
    kindOf: (name: string) => string | undefined,
  ): readonly Candidate[] {
    const columns = names.map((name) => columnOf(table, name));
    const states = columns.map((column) => statesOf(column, table.rows));
    const sorted = columns.map((column) => (column.kind === "number" ? sortedRows(column.values) : undefined));
    const groups = new StateGroups(states, table.rows);
    const result: Candidate[] = [];
    for (const [i, a] of columns.entries()) {
      for (let j = i + 1; j < columns.length; j++) {
        const b = columns[j] as Column;
        const [ofA, ofB] = [states[i], states[j]];
        if (ofA !== undefined && ofB !== undefined) {
          const counts = countPairs(ofA, ofB);
          groups.add([i, j], counts);
          result.push(...this.combinations([a, b], [ofA, ofB], counts));
        }
        if (kindOf(b.name) === "number") result.push(...this.ranges([a, b], ofA, sorted[j]));
        if (kindOf(a.name) === "number") result.push(...this.ranges([b, a], ofB, sorted[i]));
        if (a.kind !== "number" || b.kind !== "number" || kindOf(a.name) !== kindOf(b.name)) continue;
        const sides = [sorted[i]?.numbers as Float64Array, sorted[j]?.numbers as Float64Array] as const;
        result.push(...this.order(a, b, sides), ...this.order(b, a, [sides[1], sides[0]]));
        result.push(...this.differences([a, b], sides));
      }
    }
    const ofGroups = groups.pairs(AGAINST_GROUP + this.needed).map(([a, b]): Candidate => {
      const isAbsent = (x: number, y: number): boolean => x === a.code && y === b.code;
      return { rule: combinationRule([names[a.place], names[b.place]] as [string, string], [a.of, b.of], isAbsent) };
    });
    const known = new Set(ofGroups.map(({ rule }) => JSON.stringify(rule)));
    const all = [...ofGroups, ...result.filter(({ rule }) => !known.has(JSON.stringify(rule)))];
    // Combinations that follow from an order come after it, and ranges that follow from other rules last.
    const placeOf = ({ rule: { type } }: Candidate): number => ["order", "sum", "combinations", "range"].indexOf(type);
    return all.sort((a, b) => placeOf(a) - placeOf(b));
  }

  private order(a: NumberColumn, b: NumberColumn, [low, high]: readonly [Float64Array, Float64Array]): Candidate[] {
    let rows = 0;
    let ties = 0;
    for (let row = 0; row < a.values.length; row++) {
      const [x, y] = [a.values[row] as number, b.values[row] as number];
      if (!isOrdered(x, y)) return [];
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      rows++;
      if (x === y) ties++;
    }
    // Equal columns, or columns that are hardly ever present together.
    if (rows === 0 || ties === rows) return [];
    const byChance = -rows * Math.log1p(-shareBeyond(low, high));
    if (byChance < AGAINST_CHANCE + this.needed) return [];
    return [{ rule: { type: "order", columns: [a.name, b.name] }, evidence: { rows, nats: ties * Math.LN2 } }];
  }

  /**
   * The bounds of the difference of two columns: it has an edge there, as a range has, and independent columns would cross the
   * bound. An order is the bound 0.
   */
  private differences(
    [a, b]: readonly [NumberColumn, NumberColumn],
    [ofA, ofB]: readonly [Float64Array, Float64Array],
  ): Candidate[] {
    const rounded = (x: number): number => Number(x.toPrecision(DIFFERENCE_DIGITS));
    const all = a.values.map((x, row) => rounded((b.values[row] as number) - x)).filter((x) => !Number.isNaN(x));
    const differences = all.sort();
    const [low, high] = [differences[0] ?? 0, differences.at(-1) ?? 0];
    if (low === high) return [];
    const boundOf = (bound: number, sign: 1 | -1): Candidate[] => {
      if (bound === 0) return [];
      const atEdge = rowsAtEdge(sign > 0 ? differences : mirror(differences));
      if (atEdge === 0) return [];
      // Independent columns would have a larger difference in this share of the rows.
      const beyond =
        sign > 0
          ? shareBeyond(
              ofB,
              ofA.map((x) => x + bound),
            )
          : shareBeyond(
              ofA.map((x) => x + bound),
              ofB,
            );
      const byChance = -differences.length * Math.log1p(-beyond);
      if (byChance < AGAINST_CHANCE + this.needed) return [];
      const rule: SumRule = {
        type: "sum",
        columns: [a.name, b.name],
        weights: [sign, -sign],
        plus: sign * bound,
        low: 0,
      };
      return [{ rule, evidence: { rows: differences.length, nats: atEdge / 2 } }];
    };
    return [...boundOf(high, 1), ...boundOf(low, -1)];
  }

  private ranges(
    [a, b]: readonly [Column, Column],
    states: ColumnStates | undefined,
    sorted: SortedRows | undefined,
  ): Candidate[] {
    if (states === undefined || sorted === undefined) return [];
    const ofChoices = Math.log(2 * states.states.length);
    const needed = AGAINST_CHANCE + this.needed + ofChoices;
    const rows = states.codes.length;
    return findRanges([a.name, b.name], states, sorted, needed).map(({ rule, nats }) => {
      return { rule, evidence: { rows, nats: nats - ofChoices } };
    });
  }

  private combinations(
    [a, b]: readonly [Column, Column],
    [ofA, ofB]: readonly [ColumnStates, ColumnStates],
    counts: Float64Array,
  ): Candidate[] {
    if (!counts.includes(0)) return [];
    const width = ofB.states.length;
    const rows = ofA.codes.length;
    const pairs = Array.from(counts, (count, at): StatePair => {
      const [i, j] = [Math.floor(at / width), at % width];
      const [ofI, ofJ] = [ofA.counts[i] as number, ofB.counts[j] as number];
      return { i, j, count, isSingle: count === 1 && Math.min(ofI, ofJ) > 1, expected: (ofI * ofJ) / rows };
    });
    const isComplete = !counts.includes(1);
    const ofOwn = ofA.states.map((_, i) =>
      this.ofState(
        pairs.filter((pair) => pair.i === i),
        rows,
      ),
    );
    const ofOthers = ofB.states.map((_, j) =>
      this.ofState(
        pairs.filter((pair) => pair.j === j),
        rows,
      ),
    );
    const never = pairs.filter(
      ({ i, j, count }) => count === 0 && (isComplete || ofOwn[i]?.isClosed || ofOthers[j]?.isClosed),
    );
    const expected = never.reduce((sum, pair) => sum + pair.expected, 0);
    const hasEvidence =
      expected >= AGAINST_CHANCE + this.needed || [...ofOwn, ...ofOthers].some(({ isExclusive }) => isExclusive);
    if (never.length === 0 || !hasEvidence) return [];
    const absent = new Set(never);
    const isAbsent = (i: number, j: number): boolean => absent.has(pairs[i * width + j] as StatePair);
    return [{ rule: combinationRule([a.name, b.name], [ofA, ofB], isAbsent) }];
  }

  /**
   * How a state of a column excludes states of the other column. The evidence in nats is the negative logarithm of the probability
   * that the pairs without a row have no row if the columns are independent (the hypergeometric distribution). Any set of pairs
   * could have no row, so that the evidence includes the number of sets. The state is exclusive if this is enough. It is closed if,
   * in addition, its pairs with a row have two rows or more, apart from pairs with a state of a single row, and independent columns
   * would have many rows in the other pairs.
   *
   * @param pairs all pairs of the state. @param all the number of rows of the table.
   */
  private ofState(
    pairs: readonly StatePair[],
    all: number,
  ): { readonly isExclusive: boolean; readonly isClosed: boolean } {
    const expected = pairs.reduce((sum, pair) => (pair.count === 0 ? sum + pair.expected : sum), 0);
    const needed = AGAINST_CHANCE + this.needed + Math.log(2 * MOST_STATES) + pairs.length * Math.LN2;
    const rows = pairs.reduce((sum, { count }) => sum + count, 0);
    const possible = all - Math.round((expected * all) / rows);
    const isExclusive = logPermutations(all, rows) - logPermutations(possible, rows) >= needed;
    const isClosed = isExclusive && expected >= LEAST_EXCLUDED * rows && !pairs.some(({ isSingle }) => isSingle);
    return { isExclusive, isClosed };
  }
}

/** The logarithm of `n! / (n − k)!`. */
function logPermutations(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(n - k + 1);
}

/** The rows with a state of the first column and a state of the second column. */
interface StatePair {
  /** The places of both states. */
  readonly i: number;
  readonly j: number;
  readonly count: number;
  /** `true` for a single row with the pair, if both states also occur in other rows. */
  readonly isSingle: boolean;
  /** Their number if the columns were independent. */
  readonly expected: number;
}

/** A state that may be part of a group. */
interface GroupState {
  /** The place of its column. */
  readonly place: number;
  readonly of: ColumnStates;
  readonly code: number;
  /** The number of rows with the state. */
  readonly rows: number;
}

/** Groups of states of different columns. A row has at most one state of each group. */
class StateGroups {
  private readonly rows: number;
  /** The states of each column that may be part of a group. */
  private readonly states: readonly (readonly GroupState[])[];
  /** For each state the states that never occur with it. */
  private readonly partners: ReadonlyMap<GroupState, GroupState[]>;

  constructor(columns: readonly (ColumnStates | undefined)[], rows: number) {
    this.rows = rows;
    this.states = columns.map((of, place) => {
      if (of === undefined || of.states.length > FEW_STATES) return [];
      return of.counts.flatMap((count, code) => (count < LEAST_JOINING ? [] : [{ place, of, code, rows: count }]));
    });
    this.partners = new Map(this.states.flat().map((state) => [state, []]));
  }

  /** @param counts of the pairs of states of two columns, as {@link countPairs} returns them. */
  add([i, j]: readonly [number, number], counts: Float64Array): void {
    for (const a of this.states[i] as readonly GroupState[]) {
      for (const b of this.states[j] as readonly GroupState[]) {
        if (counts[a.code * b.of.states.length + b.code] !== 0) continue;
        this.partners.get(a)?.push(b);
        this.partners.get(b)?.push(a);
      }
    }
  }

  /**
   * The pairs of states of all groups, in the order of their columns.
   *
   * @param needed evidence for each state that joins a group, in nats.
   */
  pairs(needed: number): (readonly [GroupState, GroupState])[] {
    const found = new Map<string, readonly [GroupState, GroupState]>();
    for (const seed of byRows([...this.partners.keys()])) {
      const group = this.groupOf(seed, needed);
      if (group.length < LEAST_JOINED) continue;
      for (const a of group) {
        for (const b of group) {
          if (a.place < b.place) found.set(`${a.place} ${a.code} ${b.place} ${b.code}`, [a, b]);
        }
      }
    }
    return [...found.values()];
  }

  /** The group that starts with a state. The state with the most rows, which has the most evidence, joins first. */
  private groupOf(seed: GroupState, needed: number): readonly GroupState[] {
    const group = [seed];
    let open = byRows(this.partners.get(seed) as readonly GroupState[]);
    let covered = seed.rows;
    for (let [next] = open; next !== undefined && group.length < MOST_JOINED; [next] = open) {
      if (-next.rows * Math.log1p(-Math.min(covered / this.rows, 1 - 1e-9)) < needed) break;
      const ofNext = new Set(this.partners.get(next));
      open = open.filter((one) => ofNext.has(one));
      covered += next.rows;
      group.push(next);
    }
    return group;
  }
}

function byRows(states: readonly GroupState[]): GroupState[] {
  return states.toSorted((a, b) => b.rows - a.rows);
}

/** The number of rows with each pair of states of two columns, `[states, states]`. */
function countPairs(a: ColumnStates, b: ColumnStates): Float64Array {
  const width = b.states.length;
  const counts = new Float64Array(a.states.length * width);
  for (const [row, code] of a.codes.entries()) {
    const at = code * width + (b.codes[row] as number);
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

/** The rule that two columns have all combinations of their states but some. */
function combinationRule(
  columns: readonly [string, string],
  [a, b]: readonly [ColumnStates, ColumnStates],
  isAbsent: (i: number, j: number) => boolean,
): RowRule {
  const allowed = a.states.flatMap((x, i) =>
    b.states.flatMap((y, j): [CellState, CellState][] => (isAbsent(i, j) ? [] : [[x, y]])),
  );
  return { type: "combinations", columns, allowed };
}

/** The states of the cells of a column. */
interface ColumnStates {
  readonly states: readonly CellState[];
  readonly codes: Int32Array;
  readonly counts: readonly number[];
}

/** Returns the states of a column; undefined if it has one state, or more than {@link MOST_STATES}. */
function statesOf(column: Column, rows: number): ColumnStates | undefined {
  const places = new Map<CellState, number>();
  const counts: number[] = [];
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const state = stateOf(column, row);
    let code = places.get(state);
    if (code === undefined) {
      code = counts.length;
      if (code === MOST_STATES) return undefined;
      places.set(state, code);
      counts.push(0);
    }
    counts[code] = (counts[code] as number) + 1;
    codes[row] = code;
  }
  return counts.length < 2 ? undefined : { states: [...places.keys()], codes, counts };
}

/** The probability that a number of the first list is larger than one of the second. Both are sorted. */
function shareBeyond(low: Float64Array, high: Float64Array): number {
  let below = 0;
  let pairs = 0;
  for (const x of low) {
    while (below < high.length && (high[below] as number) < x) below++;
    pairs += below;
  }
  return Math.min(pairs / (low.length * high.length), 1 - 1e-9);
}
