import type { Key } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../density/coding/column-of.ts";
import type { TableDensity } from "../density/table-density.ts";
import { NumericFlow } from "../numeric-flow/numeric-flow.ts";
import { freeColumns } from "./free-columns.ts";
import type { TableMember } from "./table-member.ts";

/**
 * Draws the columns that a member of a mixture has a density of, by their names.
 *
 * @param byNetworks rows of the networks: the columns that are given, and those that a flow leaves to them.
 */
export function memberSample(
  density: TableDensity,
  member: TableMember,
  byNetworks: Table,
  key: Key,
): ReadonlyMap<string, Column> {
  const { columns, given } = density;
  if (member instanceof NumericFlow) return byName(member.sample(key, byNetworks, columns));
  const known = { rows: byNetworks.rows, columns: given.map((name) => columnOf(byNetworks, name)) };
  return byName(member.conditional(known, given, freeColumns(columns)).sample(key).columns);
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map(columns.map((column) => [column.name, column]));
}
