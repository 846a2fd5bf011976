import type { Table } from "@pushforward/datasets";
import type { DependentColumn } from "../columns/dependent/dependent-column.ts";
import { findDependentColumns } from "../columns/dependent/find-dependent-columns.ts";
import { isLearnedVariable, type TypedTable, type Variable } from "../columns/variable.ts";

/** What is learned of a table. */
export interface Learnable {
  readonly table: Table;
  /** The names of the columns. */
  readonly chosen: readonly string[];
  readonly relations: readonly DependentColumn[];
  /** What the columns are, where that is known. */
  readonly variables: readonly Variable[] | undefined;
}

/** What is learned of a table: the columns that the caller names, and otherwise all that have a density. */
export function learnable(
  data: Table | TypedTable,
  options: {
    readonly columns?: readonly string[] | undefined;
    readonly relations?: readonly DependentColumn[] | undefined;
  },
): Learnable {
  const { columns, relations } = options;
  if (!("variables" in data)) {
    const chosen = columns ?? data.columns.map(({ name }) => name);
    return { table: data, chosen, relations: relations ?? [], variables: undefined };
  }
  const { table, variables } = data;
  const learned = variables.filter((variable) => isLearnedVariable(variable) && variable.distinct > 0);
  const chosen = columns ?? learned.map(({ name }) => name);
  const used = variables.filter(({ name }) => chosen.includes(name));
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const of = { variables: used, table: { ...table, columns: used.flatMap(({ name }) => byName.get(name) ?? []) } };
  return { table, chosen, relations: relations ?? findDependentColumns(of), variables };
}
