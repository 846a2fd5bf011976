import type { ColumnRelation } from "@pushforward/columns";
import { computedNumber } from "@pushforward/columns/extend";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/category-coding.ts";
import type { DensityColumn } from "../density/density-column.ts";
import type { SumRule } from "./sum-rules.ts";

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
    return [{ type: "sum", of: name, columns: names, weights: sum.weights, plus: sum.plus, low }];
  });
}

/** The smallest number that a function has in the rows, at most 0. */
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
