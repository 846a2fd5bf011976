import { logAddExp, softmax } from "@pushforward/core/plain";
import { cellComponent } from "@pushforward/ops";
import {
  type CellState,
  type CombinationRule,
  isInRange,
  isOrdered,
  type PairRule,
  pairTest,
} from "../rules/row-rules.ts";
import { boundsOfSum, type CellSum } from "../rules/sum-rules.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn, cumulate, headSize } from "./coding/category-coding.ts";
import type { CodingPlace, NumberCoding } from "./coding/number-coding.ts";

/**
 * Rules that the cells of a column keep, given earlier cells. The head h of each network becomes
 *
 *     h'(x) = h(x) f(x) / Σ h(x) f(x),  f(x) = 1 if the cell x keeps all rules, otherwise ε
 *
 * A number that keeps the rules, but is beyond the edge of a copied source, has the factor of the edge.
 */
export interface CellLimits {
  /** Rules of the column with an earlier column. */
  readonly rules: readonly CellRule[];
  /** Rules of sums of the column and earlier columns. Default: none. */
  readonly sums?: readonly CellSum[];
  /** ε, above 0 and below 1. */
  readonly floor: number;
}

/** A rule for the cells of a column. */
export interface CellRule {
  readonly rule: PairRule;
  /** The place and the coding of the earlier column. */
  readonly place: number;
  readonly coding: CellCoding;
  /** `true` if the earlier column is the first one of the rule. */
  readonly isFirst: boolean;
}

/** A source of copies beyond which numbers are rare, in some cells. */
export interface CopyEdge {
  /** The numbers of the source; NaN where there is none. */
  readonly values: Float64Array;
  readonly isAbove: boolean;
  /** The factor of the probabilities of numbers beyond the source. */
  readonly odds: number;
}

/** Places of the columns that rules read. */
export function placesOfRules(limits: CellLimits | undefined): number[] {
  return limits
    ? [...limits.rules.map(({ place }) => place), ...(limits.sums ?? []).flatMap(({ places }) => places)]
    : [];
}

/** A column with rules. */
interface LimitedColumn {
  readonly coding: CellCoding;
  readonly limits?: CellLimits | undefined;
}

/** Cells by their codes and numbers, `cells` as in {@link CodedColumn}. */
export type CodedCells = Pick<CodedColumn, "cells" | "values">;

/** A state of a cell; undefined for a category that no training row has. */
type State = CellState | undefined;

const NO_BOUNDS = new Float64Array();

const NO_LIMITS: CellLimits = { rules: [], floor: 0 };

/** The cells of a column that keep its rules, for some rows of earlier cells. */
export class AllowedCells {
  private readonly coding: CellCoding;
  private readonly logFloor: number;
  /** The range of the numbers in each row. */
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  /** `[rows, states]`: 1 for the states that keep all rules of combinations. */
  private readonly states: Uint8Array;
  private readonly stateCount: number;
  /** Of a column of numbers. */
  private readonly numbers: NumberShares | undefined;
  private readonly edge: CopyEdge | undefined;

  /**
   * @param cellsOf the cells of an earlier column in these rows.
   * @param edge in these rows. Default: none.
   */
  constructor(
    { coding, limits = NO_LIMITS }: LimitedColumn,
    rows: number,
    cellsOf: (place: number) => CodedCells,
    edge?: CopyEdge,
  ) {
    const { rules, sums = [], floor } = limits;
    this.edge = edge;
    const own = statesOf(coding);
    this.coding = coding;
    this.numbers = coding.columnKind === "number" ? new NumberShares(coding as NumberCoding) : undefined;
    this.logFloor = Math.log(floor);
    this.low = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    this.high = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
    this.stateCount = own.length;
    this.states = new Uint8Array(rows * own.length).fill(1);
    for (const sum of sums) {
      const bounds = boundsOfSum(sum, rows, (place) => cellsOf(place).values as Float64Array);
      if (sum.weight > 0) raise(this.low, bounds);
      else lower(this.high, bounds);
    }
    for (const rule of rules) {
      const earlier = cellsOf(rule.place);
      if (isOfStates(rule)) {
        this.limitStates(rule, earlier);
      } else {
        const { low = NO_BOUNDS, high = NO_BOUNDS } = boundsOf(rule, earlier, rows);
        raise(this.low, low);
        lower(this.high, high);
      }
    }
  }

  /** Excludes the states of each row that break a rule with an earlier cell. */
  private limitStates({ rule, coding: theirs, isFirst }: CellRule, earlier: CodedCells): void {
    const { stateCount, states } = this;
    const own = statesOf(this.coding);
    const maskOf = (keeps: (state: State) => boolean): Uint8Array =>
      Uint8Array.from(own, (state) => Number(keeps(state)));
    let tableOf: (row: number) => Uint8Array;
    if (rule.type === "range") {
      const values = earlier.values as Float64Array;
      const outside = maskOf((state) => state !== rule.state);
      const inside = maskOf(() => true);
      tableOf = (row) => (isInRange(rule, values[row] as number) ? inside : outside);
    } else {
      const keeps = pairTest(rule as CombinationRule);
      const tables = statesOf(theirs).map((other) =>
        maskOf((state) => (isFirst ? keeps(other, state) : keeps(state, other))),
      );
      tableOf = (row) => tables[stateAt(theirs, earlier, row)] as Uint8Array;
    }
    for (let row = 0; row < this.low.length; row++) {
      for (const [s, isKept] of tableOf(row).entries()) if (isKept === 0) states[row * stateCount + s] = 0;
    }
  }

  get hasEdge(): boolean {
    return this.edge !== undefined;
  }

  /** `true` if a cell keeps the rules in a row. @param at the place of the cell. */
  keeps(row: number, cells: CodedCells, at: number): boolean {
    const state = stateAt(this.coding, cells, at);
    if (this.states[row * this.stateCount + state] === 0) return false;
    const value = cells.values?.[at];
    return value === undefined || (isOrdered(this.low[row], value) && isOrdered(value, this.high[row]));
  }

  /** For each head `[rows, head]` the logarithm of `Σ h f` over the cells that keep the rules. @param from the first row. */
  logKept(heads: Float32Array, from = 0): Float64Array {
    return this.eachHead(heads, from, ({ weighted }) => Math.log(weighted));
  }

  /** As {@link logKept}, over all cells. */
  logTotals(heads: Float32Array, from = 0): Float64Array {
    const floor = Math.exp(this.logFloor);
    const logRest = Math.log1p(-floor);
    return this.eachHead(heads, from, ({ kept, weighted }) => {
      const logInside = weighted === kept ? Math.log(kept) + logRest : Math.log(weighted - kept * floor);
      return logAddExp(logInside, this.logFloor);
    });
  }

  /** `log f(x)` of a cell in a row. */
  logFactor(row: number, cells: CodedCells): number {
    return this.keeps(row, cells, row) ? this.logOdds(row, cells, row) : this.logFloor;
  }

  /** The logarithm of the factor of the edge: 0 for a cell that is not beyond it. */
  logOdds(row: number, cells: CodedCells, at: number): number {
    const { edge } = this;
    if (edge === undefined) return 0;
    const [value, source] = [cells.values?.[at], edge.values[row]];
    const isInside = edge.isAbove ? isOrdered(value, source) : isOrdered(source, value);
    return isInside ? 0 : Math.log(edge.odds);
  }

  private eachHead(heads: Float32Array, from: number, visit: (shares: KeptShares) => number): Float64Array {
    const { coding, numbers, edge } = this;
    const size = headSize(coding);
    return Float64Array.from({ length: heads.length / size }, (_, i) => {
      const head = heads.subarray(i * size, (i + 1) * size);
      const row = from + i;
      const states = this.states.subarray(row * this.stateCount, (row + 1) * this.stateCount);
      const [low, high] = [this.low[row] as number, this.high[row] as number];
      if (numbers === undefined) {
        const kept = shareOfCodes(head.subarray(0, coding.codes), states);
        return visit({ kept, weighted: kept });
      }
      const kept = numbers.kept(head, states, low, high);
      const source = edge?.values[row] ?? Number.NaN;
      if (edge === undefined || Number.isNaN(source)) return visit({ kept, weighted: kept });
      const inside = edge.isAbove
        ? numbers.kept(head, states, low, Math.min(high, source))
        : numbers.kept(head, states, Math.max(low, source), high);
      return visit({ kept, weighted: inside + edge.odds * Math.max(0, kept - inside) });
    });
  }
}

/** `true` for a rule of the states of a column, `false` for a rule of its numbers. */
function isOfStates({ rule, isFirst }: CellRule): boolean {
  return rule.type === "combinations" || (rule.type === "range" && !isFirst);
}

/** The bounds of the numbers of a column in each row, NaN for none. */
function boundsOf(
  { rule, coding: theirs, isFirst }: CellRule,
  earlier: CodedCells,
  rows: number,
): { readonly low?: Float64Array; readonly high?: Float64Array } {
  if (rule.type !== "range") {
    const bounds = earlier.values as Float64Array;
    return isFirst ? { low: bounds } : { high: bounds };
  }
  const place = statesOf(theirs).indexOf(rule.state);
  const where = (bound = Number.NaN): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => (stateAt(theirs, earlier, row) === place ? bound : Number.NaN));
  return { low: where(rule.low), high: where(rule.high) };
}

function raise(low: Float64Array, bounds: Float64Array): void {
  for (const [row, bound] of bounds.entries()) if (bound > (low[row] as number)) low[row] = bound;
}

function lower(high: Float64Array, bounds: Float64Array): void {
  for (const [row, bound] of bounds.entries()) if (bound < (high[row] as number)) high[row] = bound;
}

/** Shares of a head. */
interface KeptShares {
  /** Of the cells that keep the rules. */
  readonly kept: number;
  /** `Σ h f` over these cells. */
  readonly weighted: number;
}

const NUMBER_STATES: readonly State[] = ["0", "not 0", null];
const [ZERO, NOT_ZERO, MISSING] = [0, 1, 2];

/** The states of the cells of a column, in the order of their places in rules. */
export function statesOf(coding: CellCoding): readonly State[] {
  if (!("categories" in coding)) return NUMBER_STATES;
  const { categories } = coding as CellCoding & { readonly categories: readonly string[] };
  return [...categories, ...(coding.missingCode === undefined ? [] : [null]), undefined];
}

/** The place of the state of a cell. */
function stateAt({ codes }: CellCoding, { cells, values }: CodedCells, at: number): number {
  if (values !== undefined) {
    const value = values[at] as number;
    return Number.isNaN(value) ? MISSING : value === 0 ? ZERO : NOT_ZERO;
  }
  const code = cells[at * CELL_SIZE] as number;
  return code < 0 ? codes : code;
}

/** The share of the kept codes by the logits of all codes. */
function shareOfCodes(logits: Float32Array, isKept: Uint8Array): number {
  return Math.min(
    1,
    softmax(logits).reduce((sum, share, code) => (isKept[code] === 1 ? sum + share : sum), 0),
  );
}

/** Shares of ranges of numbers in heads. */
class NumberShares {
  private readonly coding: NumberCoding;
  /** The running sums of the shares of the codes of a head, from 0. */
  private readonly sums: Float64Array;
  private readonly places = new Map<number, CodingPlace>();
  private readonly beforePlaces = new Map<number, CodingPlace>();

  constructor(coding: NumberCoding) {
    this.coding = coding;
    this.sums = new Float64Array(coding.codes + 1);
  }

  /** The share of the cells with some states, and numbers within a range. */
  kept(head: Float32Array, states: Uint8Array, low: number, high: number): number {
    cumulate(this.sums.subarray(1), head, 0);
    const { missingCode } = this.coding;
    const missing = missingCode === undefined || states[MISSING] === 0 ? 0 : this.shareOf(missingCode);
    const [hasZero, hasOther] = [states[ZERO] === 1, states[NOT_ZERO] === 1];
    const zero = hasZero === hasOther || low > 0 || high < 0 ? 0 : this.within(head, 0, 0);
    const numbers = hasOther ? this.within(head, low, high) - zero : hasZero ? zero : 0;
    return Math.min(1, Math.max(0, missing + numbers));
  }

  private shareOf(code: number): number {
    return ((this.sums[code + 1] as number) - (this.sums[code] as number)) / (this.sums.at(-1) as number);
  }

  /** The share of the numbers of a range, with its bounds. */
  private within(head: Float32Array, low: number, high: number): number {
    if (low > high) return 0;
    return Math.max(0, this.upTo(head, high, true) - this.upTo(head, low, false));
  }

  private upTo(head: Float32Array, bound: number, isInside: boolean): number {
    const { coding, sums } = this;
    const known = isInside ? this.places : this.beforePlaces;
    let place = known.get(bound);
    if (place === undefined) {
      place = coding.placeOf(bound, isInside);
      known.set(bound, place);
    }
    const { atoms, bins, quantile } = place;
    const first = coding.options.atoms.length;
    const whole = Math.floor(bins);
    const ofBins = (sums[first + whole] as number) - (sums[first] as number);
    const ofAll = (sums[atoms] as number) + ofBins;
    const inside = ofAll / (sums.at(-1) as number);
    if (coding.components === 0) return inside;
    const part = bins > whole ? (bins - whole) * this.shareOf(first + whole) : 0;
    return inside + part + this.shareOf(coding.codes - 1) * mixtureBelow(head, coding, quantile);
  }
}

/** The share of the mixture of a head below a place on the normal quantile scale. */
function mixtureBelow(head: Float32Array, { codes, components }: CellCoding, quantile: number): number {
  let below = 0;
  for (const [m, weight] of softmax(head.subarray(codes, codes + components)).entries()) {
    const [rawMean, rawScale] = [head[codes + components + m] as number, head[codes + 2 * components + m] as number];
    const { mean, scale } = cellComponent(rawMean, rawScale, m, components);
    below += weight / (1 + Math.exp((mean - quantile) / scale));
  }
  return below;
}
