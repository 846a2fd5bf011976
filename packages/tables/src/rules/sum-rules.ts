import type { Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/category-coding.ts";

/**
 * A linear function of columns is at least `low`, where all of them are present: it is the number of a dependent column that is
 * never negative, or the distance of a difference of two columns from its bound.
 */
export interface SumRule {
  readonly type: "sum";
  /** The dependent column; absent for a bound of a difference. */
  readonly of?: string;
  readonly columns: readonly string[];
  readonly weights: readonly number[];
  readonly plus: number;
  /** 0, or a number that the dependent column rounds to 0. */
  readonly low: number;
}

/** A rule of a sum for the cells of the last of its columns. */
export interface CellSum {
  readonly rule: SumRule;
  /** The places and the weights of the earlier columns. */
  readonly places: readonly number[];
  readonly weights: readonly number[];
  /** The weight of the column. */
  readonly weight: number;
}

/** Rounding of float64 in a rule, as a share of its numbers. */
export const RULE_SLACK = 1e-12;

/** For each row `plus` and the weighted numbers, and the largest error that rounding explains. */
function* sumsOf(
  { plus, weights }: Pick<SumRule, "plus" | "weights">,
  numbers: readonly Float64Array[],
  rows: number,
): Generator<{ readonly sum: number; readonly slack: number }> {
  for (let row = 0; row < rows; row++) {
    let [sum, size] = [plus, Math.abs(plus)];
    for (const [k, values] of numbers.entries()) {
      const term = (weights[k] as number) * (values[row] as number);
      sum += term;
      size += Math.abs(term);
    }
    yield { sum, slack: RULE_SLACK * size };
  }
}

/** Returns 1 for each row that satisfies the rule, 0 for each row that breaks it. */
export function rowsThatKeepSum(rule: SumRule, table: Table): Uint8Array {
  const numbers = rule.columns.map((name) => columnOf(table, name).values as Float64Array);
  return Uint8Array.from(sumsOf(rule, numbers, table.rows), ({ sum, slack }) => (sum < rule.low - slack ? 0 : 1));
}

/**
 * The bound of a number in each row, given the numbers of earlier columns: the smallest number that keeps the rule if its weight is
 * positive, otherwise the largest. NaN where an earlier number is missing.
 */
export function boundsOfSum(
  { rule: { plus, low }, places, weights, weight }: CellSum,
  rows: number,
  numbersOf: (place: number) => Float64Array,
): Float64Array {
  const sums = sumsOf({ plus, weights }, places.map(numbersOf), rows);
  return Float64Array.from(sums, ({ sum, slack }) => (low - slack - sum) / weight);
}

/** A rule for the cells of the last of its columns. @param places of the columns of the rule. */
export function cellSum(rule: SumRule, places: readonly number[]): CellSum {
  const own = places.indexOf(Math.max(...places));
  const isEarlier = (_: number, k: number): boolean => k !== own;
  return {
    rule,
    places: places.filter(isEarlier),
    weights: rule.weights.filter(isEarlier),
    weight: rule.weights[own] as number,
  };
}
