import type { CellState, PairRule, SumRule } from "@pushforward/tables";
import {
  type CellCoding,
  type CellLimits,
  type CellSum,
  type NumberCoding,
  pairTest,
  type RangeRule,
  RULE_SLACK,
  type RuledDensity,
  statesOf,
} from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./bin-ranks.ts";
import { codeColumn } from "./code-cells.ts";
import { HeadNumbers } from "./head-numbers.ts";

/**
 * Adds the logarithm `[rows, 1]` of the factor of the rules by row of a density.
 *
 * @param x float64 `[rows, columns]`.
 */
export function addRuleFactor(maths: Maths, model: RuledDensity, x: GraphValue): GraphValue {
  const { rowRules, columns } = model;
  const sideOf = (name: string): Side => {
    const place = columns.findIndex((column) => column.name === name);
    const coding = columns[place]?.coding as CellCoding;
    const values = maths.column(x, place);
    // Numbers need no codes.
    return coding.columnKind === "number"
      ? { coding, values }
      : sideOfCells(maths, coding, codeColumn(maths, coding, values));
  };
  const areKept = rowRules.map((rule) =>
    rule.type === "sum"
      ? addKeepsSum(
          maths,
          rule,
          rule.columns.map((name) => sideOf(name).values),
        )
      : addKeeps(maths, rule, sideOf(rule.columns[0]), sideOf(rule.columns[1])),
  );
  const kept = maths.fill(model.logKept, maths.column(x, 0));
  return maths.where(allOf(maths, areKept), kept, model.logBroken);
}

/** A column of a rule. */
interface Side {
  readonly coding: CellCoding;
  readonly values: GraphValue;
  /** Of categories; −1 for a new one. */
  readonly code?: GraphValue;
}

function sideOfCells(maths: Maths, coding: CellCoding, { values, cells }: CodedCells): Side {
  return coding.columnKind === "number" ? { coding, values } : { coding, values, code: maths.column(cells, 0) };
}

function allOf(maths: Maths, flags: readonly GraphValue[]): GraphValue {
  const [first, ...others] = flags as [GraphValue, ...GraphValue[]];
  return maths.and(first, ...others);
}

/** The rows that satisfy a rule. */
function addKeeps(maths: Maths, rule: PairRule, a: Side, b: Side): GraphValue {
  if (rule.type === "order") return addIsOrdered(maths, a.values, b.values);
  if (rule.type === "range")
    return maths.or(maths.not(addHasState(maths, a, rule.state)), addIsInRange(maths, rule, b));
  // What the rule says of each pair of states is known before.
  const keeps = pairTest(rule);
  const [ofA, ofB] = [statesOf(a.coding), statesOf(b.coding)];
  const pairs = ofA.flatMap((own) => ofB.map((other) => Number(keeps(own, other))));
  const place = maths.add(maths.mul(addState(maths, a), ofB.length), addState(maths, b));
  return maths.equal(maths.lookUp(pairs, maths.graph.cast(place, "int64")), 1);
}

/** A sum, and the error that rounding explains. @param some of any column. */
function addSum(
  maths: Maths,
  { plus, weights }: Pick<SumRule, "plus" | "weights">,
  values: readonly GraphValue[],
  some: GraphValue,
): { readonly sum: GraphValue; readonly slack: GraphValue } {
  const terms = values.map((own, k) => maths.mul(own, weights[k] as number));
  const sizes = terms.map((term) => maths.unary("Abs", term));
  const size = maths.add(maths.fill(Math.abs(plus), some), ...sizes);
  return { sum: maths.add(maths.fill(plus, some), ...terms), slack: maths.mul(size, RULE_SLACK) };
}

/** The rows in which a sum is at least its bound, or a number is missing. */
function addKeepsSum(maths: Maths, rule: SumRule, values: readonly GraphValue[]): GraphValue {
  const { sum, slack } = addSum(maths, rule, values, values[0] as GraphValue);
  return maths.not(maths.less(maths.add(sum, slack), rule.low));
}

/** `true` unless both are numbers and the first is larger than the second, beyond rounding. */
function addIsOrdered(maths: Maths, low: GraphValue, high: GraphValue): GraphValue {
  const size = maths.max(maths.unary("Abs", low), maths.unary("Abs", high));
  const isOrdered = maths.atMost(maths.sub(low, high), maths.mul(size, RULE_SLACK));
  return maths.or(isOrdered, maths.or(maths.isNaN(low), maths.isNaN(high)));
}

/** The place of the state of each cell in `statesOf`. */
function addState(maths: Maths, { coding, values, code }: Side): GraphValue {
  if (code === undefined) {
    return maths.where(maths.isNaN(values), 2, maths.where(maths.equal(values, 0), maths.fill(0, values), 1));
  }
  return maths.where(maths.less(code, 0), coding.codes, code);
}

/** The rows with a state. */
function addHasState(maths: Maths, side: Side, state: CellState): GraphValue {
  return maths.equal(addState(maths, side), statesOf(side.coding).indexOf(state));
}

/** The rows with a number in a range, or without a number. */
function addIsInRange(maths: Maths, { low, high }: RangeRule, { values }: Side): GraphValue {
  const isLow = low === undefined ? undefined : addIsOrdered(maths, maths.fill(low, values), values);
  const isHigh = high === undefined ? undefined : addIsOrdered(maths, values, maths.fill(high, values));
  return allOf(
    maths,
    [isLow, isHigh].filter((flag) => flag !== undefined),
  );
}

/** A source of copies beyond which numbers are rare, see `CopyEdge`. */
export interface GraphEdge {
  /** NaN where there is none. */
  readonly values: GraphValue;
  readonly isAbove: boolean;
  readonly odds: number;
}

/** The rules of a column with earlier columns, see `CellLimits`. */
export class GraphLimits {
  private readonly maths: Maths;
  private readonly coding: CellCoding;
  private readonly floor: number;
  private readonly rules: readonly { readonly rule: PairRule; readonly isFirst: boolean; readonly theirs: Side }[];
  private readonly sums: readonly { readonly sum: CellSum; readonly earlier: readonly GraphValue[] }[];
  private readonly edge: GraphEdge | undefined;

  /** @param coded all columns. */
  constructor(
    maths: Maths,
    { coding, limits }: { readonly coding: CellCoding; readonly limits?: CellLimits | undefined },
    coded: readonly CodedCells[],
    edge?: GraphEdge,
  ) {
    const { rules = [], sums = [], floor = 0 } = limits ?? {};
    this.maths = maths;
    this.coding = coding;
    this.floor = floor;
    this.edge = edge;
    this.rules = rules.map(({ rule, isFirst, coding: other, place }) => {
      return { rule, isFirst, theirs: sideOfCells(maths, other, coded[place] as CodedCells) };
    });
    this.sums = sums.map((sum) => {
      return { sum, earlier: sum.places.map((place) => (coded[place] as CodedCells).values) };
    });
  }

  private get hasRules(): boolean {
    return this.rules.length + this.sums.length > 0;
  }

  /** Adds `log f(x)` of each cell. */
  logFactor(own: CodedCells): GraphValue {
    const { maths, floor, edge } = this;
    const none = maths.fill(0, own.values);
    const kept = edge === undefined ? none : maths.where(this.isInside(edge, own.values), none, Math.log(edge.odds));
    return this.hasRules ? maths.where(this.keeps(own), kept, Math.log(floor)) : kept;
  }

  /** Adds `log Σ h f` of a head `[rows, n]`. */
  logTotal(head: GraphValue): GraphValue {
    const { maths, floor, edge } = this;
    const range = this.coding.columnKind === "number" ? this.range() : undefined;
    const kept = this.kept(head, range);
    if (edge === undefined || range === undefined) {
      return maths.log(maths.add(maths.mul(kept, 1 - floor), floor));
    }
    const { values, isAbove, odds } = edge;
    const bound = isAbove
      ? { high: maths.min(range.high, this.boundOf(values, Number.POSITIVE_INFINITY)) }
      : { low: maths.max(range.low, this.boundOf(values, Number.NEGATIVE_INFINITY)) };
    const inside = this.kept(head, { ...range, ...bound });
    const weighted = maths.add(inside, maths.mul(maths.max(maths.sub(kept, inside), 0), odds));
    return maths.log(maths.add(maths.sub(weighted, maths.mul(kept, floor)), floor));
  }

  private boundOf(values: GraphValue, none: number): GraphValue {
    return this.maths.where(this.maths.isNaN(values), none, values);
  }

  /** `true` for numbers that are not beyond an edge. */
  private isInside({ values, isAbove }: GraphEdge, own: GraphValue): GraphValue {
    const { maths } = this;
    const [low, high] = isAbove ? [own, values] : [values, own];
    return addIsOrdered(maths, low, high);
  }

  /** The rows in which a cell keeps all rules. */
  keeps(own: CodedCells): GraphValue {
    return this.keepsSide(sideOfCells(this.maths, this.coding, own));
  }

  /** The factors of present numbers in a column that recalls numbers: 0 for a number that breaks a rule. */
  factorOf(values: GraphValue): GraphValue {
    const { maths, edge } = this;
    const none = maths.fill(1, values);
    const odds = edge === undefined ? none : maths.where(this.isInside(edge, values), none, edge.odds);
    return this.hasRules ? maths.where(this.keepsValues(values), odds, 0) : odds;
  }

  /** The same as {@link keeps} for present numbers. */
  keepsValues(values: GraphValue): GraphValue {
    return this.keepsSide({ coding: this.coding, values });
  }

  private keepsSide(mine: Side): GraphValue {
    const flags = this.rules.map(({ rule, isFirst, theirs }) =>
      isFirst ? addKeeps(this.maths, rule, theirs, mine) : addKeeps(this.maths, rule, mine, theirs),
    );
    const ofSums = this.sums.map(({ sum, earlier }) => this.keepsSum(sum, earlier, mine.values));
    return allOf(this.maths, [...flags, ...ofSums]);
  }

  private keepsSum(sum: CellSum, earlier: readonly GraphValue[], own: GraphValue): GraphValue {
    const { maths } = this;
    const bound = this.boundOfSum(sum, earlier, own);
    return sum.weight > 0 ? addIsOrdered(maths, bound, own) : addIsOrdered(maths, own, bound);
  }

  /** The bound of a number, see `boundsOfSum`. */
  private boundOfSum(
    { rule: { plus, low }, weights, weight }: CellSum,
    earlier: readonly GraphValue[],
    some: GraphValue,
  ): GraphValue {
    const { maths } = this;
    const { sum, slack } = addSum(maths, { plus, weights }, earlier, some);
    return maths.div(maths.sub(maths.sub(low, slack), sum), weight);
  }

  /** The share `[rows, 1]` of the cells of a head that keep the rules. */
  private kept(head: GraphValue, range: GraphRange | undefined): GraphValue {
    const { maths, coding } = this;
    const logits = maths.shares(maths.columns(head, 0, coding.codes));
    const shares = maths.div(logits, maths.sum(logits));
    const states = this.states();
    if (range !== undefined) return this.keptNumbers({ head, shares, states, ...range });
    const ofCodes = states === undefined ? shares : maths.mul(shares, maths.columns(states, 0, coding.codes));
    return maths.sum(ofCodes);
  }

  /** `[rows, states]`: 1 for the states of the column that keep the rules of combinations; undefined without such rules. */
  private states(): GraphValue | undefined {
    const { maths } = this;
    let result: GraphValue | undefined;
    for (const { rule, isFirst, theirs } of this.rules) {
      if (rule.type === "order" || (rule.type === "range" && isFirst)) continue;
      const mask =
        rule.type === "range" ? this.statesInRange(rule, theirs) : this.statesByState(pairTest(rule), isFirst, theirs);
      result = result === undefined ? mask : maths.mul(result, mask);
    }
    return result;
  }

  private statesByState(keeps: ReturnType<typeof pairTest>, isFirst: boolean, theirs: Side): GraphValue {
    const { maths } = this;
    const own = statesOf(this.coding);
    const table = statesOf(theirs.coding).flatMap((other) =>
      own.map((state) => Number(isFirst ? keeps(other, state) : keeps(state, other))),
    );
    return maths.rowsOf(table, own.length, maths.graph.cast(addState(maths, theirs), "int64"));
  }

  private statesInRange(rule: RangeRule, theirs: Side): GraphValue {
    const { maths } = this;
    const own = statesOf(this.coding);
    const table = [...own.map((state) => Number(state !== rule.state)), ...own.map(() => 1)];
    const isInside = maths.where(addIsInRange(maths, rule, theirs), maths.fill(1, theirs.values), 0);
    return maths.rowsOf(table, own.length, maths.graph.cast(isInside, "int64"));
  }

  private keptNumbers({ head, shares, states, low, high }: KeptNumbers): GraphValue {
    const { maths } = this;
    const coding = this.coding as NumberCoding;
    const part = (state: number): GraphValue | number => (states === undefined ? 1 : maths.column(states, state));
    const numbers = new HeadNumbers(maths, coding, head, shares);
    const all = numbers.within(low, high);
    const { missingCode } = coding;
    const missing =
      missingCode === undefined ? maths.fill(0, all) : maths.mul(maths.column(shares, missingCode), part(2));
    if (states === undefined) return maths.add(all, missing);
    const isZeroInside = maths.and(maths.atMost(low, 0), maths.atMost(0, high));
    const none = maths.fill(0, all);
    const zero = maths.where(isZeroInside, numbers.within(none, none), 0);
    const others = maths.mul(maths.sub(all, zero), part(1));
    return maths.add(missing, maths.mul(zero, part(0)), others);
  }

  /** The bounds `[rows, 1]` of the numbers that keep the rules of order. */
  private range(): GraphRange {
    const { maths, edge } = this;
    const some = (this.rules[0]?.theirs.values ?? this.sums[0]?.earlier[0] ?? edge?.values) as GraphValue;
    let low = maths.fill(Number.NEGATIVE_INFINITY, some);
    let high = maths.fill(Number.POSITIVE_INFINITY, some);
    for (const { rule, isFirst, theirs } of this.rules) {
      if (rule.type === "range" && isFirst) {
        const isOwn = addHasState(maths, theirs, rule.state);
        const where = (bound: number | undefined, none: number): GraphValue =>
          maths.where(isOwn, maths.fill(bound ?? none, some), none);
        low = maths.max(low, where(rule.low, Number.NEGATIVE_INFINITY));
        high = maths.min(high, where(rule.high, Number.POSITIVE_INFINITY));
      }
      if (rule.type !== "order") continue;
      const { values } = theirs;
      if (isFirst) low = maths.max(low, this.boundOf(values, Number.NEGATIVE_INFINITY));
      else high = maths.min(high, this.boundOf(values, Number.POSITIVE_INFINITY));
    }
    for (const { sum, earlier } of this.sums) {
      const bound = this.boundOfSum(sum, earlier, low);
      if (sum.weight > 0) low = maths.max(low, this.boundOf(bound, Number.NEGATIVE_INFINITY));
      else high = maths.min(high, this.boundOf(bound, Number.POSITIVE_INFINITY));
    }
    return { low, high };
  }
}

/** Bounds of numbers. */
interface GraphRange {
  readonly low: GraphValue;
  readonly high: GraphValue;
}

/** A head of numbers, and the range of the numbers that keep the rules. */
interface KeptNumbers extends GraphRange {
  readonly head: GraphValue;
  readonly shares: GraphValue;
  readonly states: GraphValue | undefined;
}
