import type { ColumnRelation } from "@pushforward/columns";
import { computedNumber } from "@pushforward/columns/extend";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/category-coding.ts";
import type { DensityColumn } from "../density/density-column.ts";

/**
 * A linear function of columns is at least `low`, where all of them are present: it is the number of a dependent column, which is
 * never negative.
 */
export interface SumRule {
  readonly type: "sum";
  /** The dependent column. */
  readonly of: string;
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

/** Rounding of float64 in a sum, as a share of its terms. */
export const SUM_SLACK = 1e-12;

/** Returns 1 for each row that satisfies the rule, 0 for each row that breaks it. */
export function rowsThatKeepSum({ columns, weights, plus, low }: SumRule, table: Table): Uint8Array {
  const numbers = columns.map((name) => columnOf(table, name).values as Float64Array);
  return Uint8Array.from({ length: table.rows }, (_, row) => {
    let [sum, size] = [plus, Math.abs(plus)];
    for (const [k, values] of numbers.entries()) {
      const term = (weights[k] as number) * (values[row] as number);
      sum += term;
      size += Math.abs(term);
    }
    return sum < low - SUM_SLACK * size ? 0 : 1;
  });
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
  const earlier = places.map(numbersOf);
  return Float64Array.from({ length: rows }, (_, row) => {
    let [sum, size] = [plus, Math.abs(plus)];
    for (const [k, values] of earlier.entries()) {
      const term = (weights[k] as number) * (values[row] as number);
      sum += term;
      size += Math.abs(term);
    }
    return (low - SUM_SLACK * size - sum) / weight;
  });
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

/**
 * The rules that dependent columns are not negative, of linear functions that have no negative number in a table. The last
 * column of each rule is free.
 */
export function sumRules(columns: readonly DensityColumn[], table: Table): SumRule[] {
  return columns.flatMap(({ name, dependent, coding }, place): SumRule[] => {
    const sum = dependent && coding.columnKind === "number" ? freeSum(columns, place) : undefined;
    if (sum === undefined || columnOf(table, name).values.some((value) => (value as number) < 0)) return [];
    const names = sum.places.map((k) => (columns[k] as DensityColumn).name);
    const sources = names.map((source) => columnOf(table, source));
    const low = smallest({ type: "linear", weights: sum.weights, plus: sum.plus }, sources, table.rows);
    return [{ type: "sum", of: name, columns: names, weights: sum.weights, plus: sum.plus, low: Math.min(0, low) }];
  });
}

/** The smallest number that a function has in the rows. */
function smallest(relation: ColumnRelation, sources: readonly Column[], rows: number): number {
  let least = 0;
  for (let row = 0; row < rows; row++) {
    const value = computedNumber(
      relation,
      sources.map(({ values }) => values[row] as number),
    );
    if (value < least) least = value;
  }
  return least;
}

interface FreeSum {
  readonly places: readonly number[];
  readonly weights: readonly number[];
  readonly plus: number;
}

/** A dependent column as a linear function of which the last column is free; undefined for any other function. */
function freeSum(columns: readonly DensityColumn[], place: number): FreeSum | undefined {
  const weights = new Map<number, number>([[place, 1]]);
  let plus = 0;
  for (let last = place; ; last = Math.max(...weights.keys())) {
    const dependent = columns[last]?.dependent;
    if (dependent === undefined) break;
    if (dependent.relation.type !== "linear") return undefined;
    const scale = weights.get(last) as number;
    weights.delete(last);
    plus += scale * dependent.relation.plus;
    for (const [k, source] of dependent.from.entries()) {
      const weight = (weights.get(source) ?? 0) + scale * (dependent.relation.weights[k] as number);
      if (weight === 0) weights.delete(source);
      else weights.set(source, weight);
    }
    if (weights.size === 0) return undefined;
  }
  const places = [...weights.keys()].sort((a, b) => a - b);
  return { places, weights: places.map((k) => weights.get(k) as number), plus };
}
