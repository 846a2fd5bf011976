import type { DependentColumn } from "../columns/dependent/dependent-column.ts";
import { findDependentColumns } from "../columns/dependent/find-dependent-columns.ts";
import type { UnderstoodTable } from "./understand-table.ts";

/** Options of `fitTableDensity` that follow from what the columns of a table are. */
export interface DensityOptions {
  readonly columns: readonly string[];
  readonly steps: ReadonlyMap<string, number>;
  readonly relations: readonly DependentColumn[];
}

/**
 * What `fitTableDensity` has to know of the columns that it learns: their names, the spacing of their numbers, and how some
 * follow from others.
 *
 * @example
 * const { variables, table } = findVariables(parseCsv("net,gross\n1,3\n2,6\n5,15\n", { kinds: "text", missing: "keep" }));
 * densityOptions({ learned: variables, table }).columns; // → ["net", "gross"]
 */
export function densityOptions({ learned, table }: Pick<UnderstoodTable, "learned" | "table">): DensityOptions {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const columns = learned.flatMap(({ name }) => byName.get(name) ?? []);
  return {
    columns: learned.map(({ name }) => name),
    steps: new Map(learned.map(({ name, step }) => [name, step ?? 0])),
    relations: findDependentColumns({ variables: learned, table: { ...table, columns } }),
  };
}
