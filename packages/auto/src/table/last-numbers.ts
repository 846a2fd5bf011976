import type { TableDensity } from "@pushforward/tables";
import type { NumericColumn } from "@pushforward/tables/extend";
import { LEAST_COLUMNS } from "./flow-columns.ts";

/**
 * The columns that a flow can have a part in, as networks have learned them: those behind which there are no others that
 * have a density. A column that seemed to follow from a number, but has cells that do not, comes behind it and reads it.
 */
export function lastNumbers({ columns }: TableDensity, numbers: readonly NumericColumn[]): NumericColumn[] {
  const names = new Set(numbers.map(({ name }) => name));
  const free = columns.filter(({ dependent, isGiven }) => dependent === undefined && !isGiven);
  const first = free.findLastIndex(({ name }) => !names.has(name)) + 1;
  const last = new Set(free.slice(first).map(({ name }) => name));
  return last.size < LEAST_COLUMNS ? [] : numbers.filter(({ name }) => last.has(name));
}
