import type { TypedTable } from "../columns/variables/variable.ts";
import type { UnderstoodTable } from "./understand-table.ts";

/**
 * The columns of a table that are learned, for `fitTableDensity` and `findDependentColumns`.
 *
 * @example
 * const { variables, table } = findVariables(parseCsv("net,gross\n1,3\n2,6\n5,15\n", { kinds: "text", missing: "keep" }));
 * learnedTable({ learned: variables.slice(0, 1), table }).table.columns.length; // → 1
 */
export function learnedTable({ learned, table }: Pick<UnderstoodTable, "learned" | "table">): TypedTable {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const columns = learned.flatMap(({ name }) => byName.get(name) ?? []);
  return { variables: learned, table: { ...table, columns } };
}
