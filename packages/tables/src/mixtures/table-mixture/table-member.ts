import { type Key, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import { columnOf } from "../../density/coding/cell-coding.ts";
import type { DensityColumn } from "../../density/density-column.ts";
import type { TableDensity } from "../../density/table-density.ts";
import { NumericFlow } from "../../flow/numeric-flow/numeric-flow.ts";
import type { NormalMixture } from "../normal-mixture/normal-mixture.ts";
import type { ProductMixture } from "../product-mixture/product-mixture.ts";

/** A density beside the networks of a `TableMixture`. */
export type TableMember = ProductMixture | NormalMixture | NumericFlow;

/**
 * The names of the columns that a member of a mixture may have a density of, in the order of the model: those that do not
 * follow from others and are not given.
 */
function freeColumns(columns: readonly DensityColumn[]): string[] {
  return columns.flatMap(({ name, dependent, isGiven }) => (dependent === undefined && !isGiven ? [name] : []));
}

/**
 * Checks that a member of a mixture has the columns that it needs.
 *
 * @throws {OptionError} it has others.
 */
export function checkMember(density: TableDensity, member: TableMember): void {
  const free = freeColumns(density.columns);
  if (!(member instanceof NumericFlow)) {
    const own = [...density.context, ...free];
    const known = new Set(member.columns.map(({ name }) => name));
    if (known.size === own.length && own.every((name) => known.has(name))) return;
    throw new OptionError(
      `TableMixture: expected a mixture of the ${own.length} columns that do not follow from others, got one of ${known.size}.`,
    );
  }
  const last = free.slice(-member.columns.length);
  const isLast = member.columns.every((name) => last.includes(name));
  if (isLast && last.length === member.columns.length) return;
  throw new OptionError(
    `TableMixture: expected a flow of the last columns, ${listNames(last)}, got one of ${listNames([...member.columns])}.`,
  );
}

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
  const { columns, context } = density;
  if (!(member instanceof NumericFlow)) {
    const names = freeColumns(columns);
    const cells = member.conditional(table, context, names).cellLogProb();
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

/**
 * Draws the columns that a member of a mixture has a density of, by their names.
 *
 * @param byNetworks rows of the networks: the columns of the context, and those that a flow leaves to them.
 */
export function memberSample(
  density: TableDensity,
  member: TableMember,
  byNetworks: Table,
  key: Key,
): ReadonlyMap<string, Column> {
  const { columns, context } = density;
  if (member instanceof NumericFlow) return byName(member.sample(key, byNetworks, columns));
  const known = { rows: byNetworks.rows, columns: context.map((name) => columnOf(byNetworks, name)) };
  return byName(member.conditional(known, context, freeColumns(columns)).sample(key).columns);
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map(columns.map((column) => [column.name, column]));
}
