import type { Table } from "@pushforward/datasets";
import type { TableDensity } from "../density/table-density.ts";
import { NumericFlow } from "../numeric-flow/numeric-flow.ts";
import { freeColumns } from "./free-columns.ts";
import type { TableMember } from "./table-member.ts";

/**
 * For each column of a density the log-probability of its cells given those before them, by another density of the table.
 *
 * @param byNetworks the same by the networks: what a flow leaves to them.
 */
export function memberCells(
  density: TableDensity,
  member: TableMember,
  table: Table,
  byNetworks: readonly Float64Array[],
): readonly Float64Array[] {
  const { columns, given } = density;
  if (!(member instanceof NumericFlow)) {
    const names = freeColumns(columns);
    const cells = member.conditional(table, given, names).cellLogProb();
    return columns.map(({ name }, k) => cells[names.indexOf(name)] ?? (byNetworks[k] as Float64Array));
  }
  const joint = member.logProb(table, columns);
  const places = member.columns.map((name) => columns.findIndex((column) => column.name === name));
  const parts = places.map((place) => byNetworks[place] as Float64Array);
  const byParts = joint.map((_, row) => parts.reduce((sum, part) => sum + (part[row] as number), 0));
  return columns.map((_, k) => {
    const own = byNetworks[k] as Float64Array;
    if (!places.includes(k)) return own;
    return own.map((value, row) => {
      const [whole, networks] = [joint[row] as number, byParts[row] as number];
      // Where the networks have nothing there is nothing to compare with.
      return networks === Number.NEGATIVE_INFINITY ? whole / parts.length : value + (whole - networks) / parts.length;
    });
  });
}
