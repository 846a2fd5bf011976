import type { DependentColumn, TypedTable, Variable } from "@pushforward/columns";
import { findDependentColumns, isLearnedVariable } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { checkTable } from "@pushforward/datasets/extend";

/** What is learned of a table. */
export interface Learnable {
  readonly table: Table;
  /** The names of the columns, those that are given first. */
  readonly chosen: readonly string[];
  readonly context: readonly string[];
  readonly relations: readonly DependentColumn[];
  /** What the columns are, where that is known. */
  readonly variables: readonly Variable[] | undefined;
}

/**
 * What is learned of a table: the columns that the caller names, and otherwise all that have a density.
 *
 * @throws {DataError} all of them are given.
 */
export function learnable(
  data: Table | TypedTable,
  options: {
    readonly columns?: readonly string[] | undefined;
    readonly context?: readonly string[] | undefined;
    readonly relations?: readonly DependentColumn[] | undefined;
  },
): Learnable {
  const context = [...new Set(options.context)];
  // What is understood has a table in it.
  if (typeof data !== "object" || data === null || !("variables" in data)) checkTable("fitTableDensity", data);
  const { table, variables } = "variables" in data ? data : { table: data, variables: undefined };
  const all = variables?.filter((variable) => isLearnedVariable(variable) && variable.distinct > 0) ?? table.columns;
  const columns = options.columns ?? all.map(({ name }) => name);
  const chosen = [...new Set([...context, ...columns])];
  if (context.length > 0 && chosen.length === context.length) {
    throw new DataError("fitTableDensity: expected columns to learn besides those of the context, got none.");
  }
  // What is given is not computed from other columns.
  const relations = (options.relations ?? relationsOf(table, variables, chosen)).filter(
    ({ column }) => !context.includes(column),
  );
  return { table, chosen, context, relations, variables };
}

/** The columns that follow from others, in a table whose variables are known. */
function relationsOf(
  table: Table,
  variables: readonly Variable[] | undefined,
  chosen: readonly string[],
): readonly DependentColumn[] {
  if (variables === undefined) return [];
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const used = variables.filter(({ name }) => chosen.includes(name) && byName.has(name));
  const columns = used.map(({ name }) => byName.get(name) as Column);
  return findDependentColumns({ variables: used, table: { ...table, columns } });
}
