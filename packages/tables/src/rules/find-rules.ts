import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/category-coding.ts";
import { type CellState, isOrdered, type RowRule, rowsThatKeep, stateOf } from "./row-rules.ts";

/** Evidence in nats against independent columns, in addition to the logarithm of the number of pairs. */
const AGAINST_CHANCE = 20;
/** Evidence in nats against the model, or against a coincidence of ties, in addition to that logarithm. */
const AGAINST_MODEL = 10;
/**
 * A state that excludes others does so in at least this share of its rows, if the columns were independent. Rows that break a
 * weaker rule are too likely: each costs `log(rows)` nats.
 */
const LEAST_EXCLUDED = 0.5;
/** Columns with more states have no rule of combinations. */
const MOST_STATES = 50;
/** Tables with more columns are not searched. */
const MOST_COLUMNS = 200;
/** Evidence in nats against a state that is independent of a group, in addition to that logarithm. Two states or more have it. */
const AGAINST_GROUP = 10;
/** A state joins a group of states that exclude each other if it has at least this number of rows. */
const LEAST_JOINING = 10;
/** Maximum number of states of a group: the number of rules grows with its square. */
const MOST_JOINED = 40;

/** A rule that all rows of a table satisfy, with its evidence. */
interface Candidate {
  readonly rule: RowRule;
  /** Of a rule of order. */
  readonly order?: OrderEvidence;
}

interface OrderEvidence {
  /** Rows with both numbers. */
  readonly rows: number;
  /** Evidence in nats by ties that the rule is no coincidence. */
  readonly ofTies: number;
}

/**
 * Finds rules that all rows of a table satisfy: order of two columns of numbers of the same kind, and combinations of states
 * of two columns.
 *
 * Independent columns with the same values would break a rule in some of their rows: with a probability of at most
 * e^−20 over all pairs of columns none of the rows breaks it. Each combination of a rule occurs at least twice, so by
 * Good and Turing the mass of further ones is about 0. If some combination occurs once, the rule is about the states
 * for which none does. States of three or more columns exclude each other as a group, such as a category with a column of 0 and
 * 1 for each value: a state joins if independent rows would have it together with a state of the group.
 *
 * @param columns the columns to compare. @param isComparable `true` if numbers of two columns have the same unit.
 */
export class RuleSearch {
  private readonly candidates: readonly Candidate[];
  private readonly needed: number;

  constructor(table: Table, columns: readonly string[], isComparable: (a: string, b: string) => boolean) {
    const pairs = (columns.length * (columns.length - 1)) / 2;
    this.needed = Math.log(Math.max(1, pairs));
    this.candidates = columns.length > MOST_COLUMNS ? [] : this.search(table, columns, isComparable);
  }

  /** Rules of order with enough ties: they need no evidence against a model. */
  get tied(): RowRule[] {
    return this.candidates.flatMap(({ rule, order }) =>
      order !== undefined && order.ofTies >= AGAINST_MODEL + this.needed ? [rule] : [],
    );
  }

  /** `true` if there are candidates for {@link found}. */
  get hasCandidates(): boolean {
    return this.candidates.length > 0;
  }

  /**
   * The rules that a model breaks. A rule of order needs evidence against the model: if the model were right, all rows
   * would keep the rule with a probability of at most e^−10 over all pairs of columns; ties at the border count as
   * well. A rule that the model keeps without help is left out.
   *
   * @param drawn rows of the model.
   */
  found(drawn: Table): RowRule[] {
    const isKept = ({ rule, order }: Candidate): boolean => {
      const broken = rowsThatKeep(rule, drawn).reduce((count, keeps) => count + 1 - keeps, 0);
      if (broken === 0 || order === undefined) return broken > 0;
      const ofModel = -order.rows * Math.log1p(-Math.min(broken / drawn.rows, 1 - 1e-9));
      return order.ofTies + ofModel >= AGAINST_MODEL + this.needed;
    };
    return this.candidates.filter(isKept).map(({ rule }) => rule);
  }

  private search(
    table: Table,
    names: readonly string[],
    isComparable: (a: string, b: string) => boolean,
  ): readonly Candidate[] {
    const columns = names.map((name) => columnOf(table, name));
    const states = columns.map((column) => statesOf(column, table.rows));
    const sorted = columns.map((column) =>
      column.kind === "number" ? column.values.filter((value) => !Number.isNaN(value)).sort() : undefined,
    );
    const result = this.excludingPairs(states).map((pair): Candidate => ({ rule: ruleOfPair(pair, names) }));
    const known = new Set(result.map(({ rule }) => JSON.stringify(rule)));
    for (const [i, a] of columns.entries()) {
      for (let j = i + 1; j < columns.length; j++) {
        const b = columns[j] as Column;
        const [ofA, ofB] = [states[i], states[j]];
        if (ofA !== undefined && ofB !== undefined) {
          const found = this.combinations([a, b], [ofA, ofB]);
          result.push(...found.filter(({ rule }) => !known.has(JSON.stringify(rule))));
        }
        if (a.kind !== "number" || b.kind !== "number" || !isComparable(a.name, b.name)) continue;
        const sides = [sorted[i] as Float64Array, sorted[j] as Float64Array] as const;
        result.push(...this.order(a, b, sides), ...this.order(b, a, [sides[1], sides[0]]));
      }
    }
    // Combinations that follow from an order come after it.
    return result.sort((a, b) => Number(a.rule.type !== "order") - Number(b.rule.type !== "order"));
  }

  /** Pairs of states that exclude each other as members of a group, of which each row has at most one. */
  private excludingPairs(states: readonly (ColumnStates | undefined)[]): ExcludingPair[] {
    const members = states.flatMap((of, place) => (of === undefined ? [] : statesOfFew(of, place)));
    // The state with the most rows has the most evidence against rows that are independent of the group.
    members.sort((a, b) => b.rows.length - a.rows.length);
    const partners = new Map(members.map((a) => [a, members.filter((b) => excludes(a, b))]));
    const found = new Map<string, ExcludingPair>();
    for (const seed of members) {
      const group = [seed];
      let open = partners.get(seed) as readonly ColumnState[];
      let covered = seed.rows.length;
      for (let [next] = open; next !== undefined && group.length < MOST_JOINED; [next] = open) {
        const evidence = -next.rows.length * Math.log1p(-Math.min(covered / next.of.codes.length, 1 - 1e-9));
        if (evidence < AGAINST_GROUP + this.needed) break;
        const ofNext = new Set(partners.get(next));
        open = open.filter((one) => ofNext.has(one));
        covered += next.rows.length;
        group.push(next);
      }
      if (group.length < 3) continue;
      for (const a of group) {
        for (const b of group) {
          if (a.place < b.place) found.set(`${a.place} ${a.code} ${b.place} ${b.code}`, [a, b]);
        }
      }
    }
    return [...found.values()];
  }

  private order(
    a: Column & { readonly kind: "number" },
    b: Column & { readonly kind: "number" },
    [low, high]: readonly [Float64Array, Float64Array],
  ): Candidate[] {
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
    return [{ rule: { type: "order", columns: [a.name, b.name] }, order: { rows, ofTies: ties * Math.LN2 } }];
  }

  private combinations(
    [a, b]: readonly [Column, Column],
    [ofA, ofB]: readonly [ColumnStates, ColumnStates],
  ): Candidate[] {
    const width = ofB.states.length;
    const counts = new Float64Array(ofA.states.length * width);
    for (const [row, code] of ofA.codes.entries()) {
      const at = code * width + (ofB.codes[row] as number);
      counts[at] = (counts[at] as number) + 1;
    }
    const rows = ofA.codes.length;
    const pairs = Array.from(counts, (count, at): StatePair => {
      const [i, j] = [Math.floor(at / width), at % width];
      const [ofI, ofJ] = [ofA.counts[i] as number, ofB.counts[j] as number];
      return { i, j, count, isSingle: count === 1 && Math.min(ofI, ofJ) > 1, expected: (ofI * ofJ) / rows };
    });
    const [own, others] = [ofA.states, ofB.states];
    const isComplete = !counts.includes(1);
    const ofOwn = isComplete ? [] : own.map((_, i) => this.isClosed(pairs.filter((pair) => pair.i === i)));
    const ofOthers = isComplete ? [] : others.map((_, j) => this.isClosed(pairs.filter((pair) => pair.j === j)));
    const never = pairs.filter(({ i, j, count }) => count === 0 && (isComplete || ofOwn[i] || ofOthers[j]));
    const expected = never.reduce((sum, pair) => sum + pair.expected, 0);
    if (never.length === 0 || expected < AGAINST_CHANCE + this.needed) return [];
    const absent = new Set(never);
    const allowed = pairs.flatMap((pair): [CellState, CellState][] =>
      absent.has(pair) ? [] : [[own[pair.i] as CellState, others[pair.j] as CellState]],
    );
    return [{ rule: { type: "combinations", columns: [a.name, b.name], allowed } }];
  }

  /**
   * `true` if a state of one column excludes states of the other column, whose pairs these are: each pair that occurs does so
   * twice or more, apart from pairs with a state of a single row, and the pairs without a row would have many rows if the columns were independent. Any set of the pairs
   * could be the one without a row, so that the evidence includes the number of sets.
   */
  private isClosed(pairs: readonly StatePair[]): boolean {
    const expected = pairs.reduce((sum, pair) => (pair.count === 0 ? sum + pair.expected : sum), 0);
    const needed = AGAINST_CHANCE + this.needed + Math.log(2 * MOST_STATES) + pairs.length * Math.LN2;
    const rows = pairs.reduce((sum, { count }) => sum + count, 0);
    return expected >= Math.max(needed, LEAST_EXCLUDED * rows) && !pairs.some(({ isSingle }) => isSingle);
  }
}

/** The rows with a state of one column and a state of another column. */
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

/** A state of a column with two or three states, and its rows. */
interface ColumnState {
  readonly place: number;
  readonly of: ColumnStates;
  readonly code: number;
  readonly rows: readonly number[];
}

/** The second column is behind the first one. */
type ExcludingPair = readonly [ColumnState, ColumnState];

/** The states of a column that may be part of a group. */
function statesOfFew(of: ColumnStates, place: number): ColumnState[] {
  if (of.states.length > 3) return [];
  return of.states.flatMap((_, code) => {
    if ((of.counts[code] as number) < LEAST_JOINING) return [];
    const rows = [...of.codes.keys()].filter((row) => of.codes[row] === code);
    return [{ place, of, code, rows }];
  });
}

/** `true` if no row has both states. */
function excludes(a: ColumnState, b: ColumnState): boolean {
  if (a.place === b.place) return false;
  const [few, many] = a.rows.length < b.rows.length ? [a, b] : [b, a];
  return few.rows.every((row) => many.of.codes[row] !== many.code);
}

/** The rule that two states never occur together. */
function ruleOfPair([a, b]: ExcludingPair, names: readonly string[]): RowRule {
  const allowed = a.of.states.flatMap((x, i) =>
    b.of.states.flatMap((y, j): [CellState, CellState][] => (i === a.code && j === b.code ? [] : [[x, y]])),
  );
  return { type: "combinations", columns: [names[a.place] as string, names[b.place] as string], allowed };
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
