import { type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { checkCount } from "../check-options.ts";
import type { AlignedColumn } from "./column-shapes.ts";

/** A density of the rows of tables. */
export interface RowDensity {
  /** The log-density of each row, in nats. */
  logProb(rows: Table): Float64Array;
}

/** Options of {@link rowMemorization}. */
export interface RowMemorizationOptions {
  readonly key: Key;
  /** Number of folds, at least 3: the densities with and without a row then use the same number of rows. Default: 5. */
  readonly folds?: number | undefined;
}

/** Result of {@link rowMemorization}. */
export interface RowMemorization<D extends RowDensity> {
  /** Of each row, in nats. */
  readonly values: Float64Array;
  /** The fold of each row, from 0. */
  readonly folds: Int32Array;
  /** Of each fold the density that was fitted on all other folds. */
  readonly densities: readonly D[];
}

/**
 * Memorization of each row: its mean log-density under densities fitted with it, minus its log-density under the
 * density fitted without it (van den Burg and Williams 2021, arXiv:2106.03216, with folds). The result is near 0 if the
 * remaining rows predict a row as well as the row itself. It is large for rows that a density knows only because it has
 * seen the row.
 *
 * @param fit fits a density to some rows; the caller owns the densities.
 * @throws {OptionError} fewer rows than folds, or fewer than 3 folds.
 * @example
 * const { values } = await rowMemorization(penguins(), async () => ({ logProb: ({ rows }) => new Float64Array(rows) }), { key });
 * console.log(Math.max(...values)); // 0: nothing was learned
 */
export async function rowMemorization<D extends RowDensity>(
  table: Table,
  fit: (rows: Table, fold: number) => Promise<D>,
  options: RowMemorizationOptions,
): Promise<RowMemorization<D>> {
  checkOptions("rowMemorization", options, { key: true, folds: true });
  const where = "rowMemorization";
  checkKey(where, options);
  const { key, folds: count = 5 } = options;
  checkCount(where, "folds", count, 3);
  const { rows } = table;
  if (rows < count)
    throw new OptionError(`${where}: expected at least ${count} rows for ${count} folds, got ${describeValue(rows)}.`);
  const folds = new Int32Array(rows);
  for (const [place, row] of key.permutation(rows).entries()) folds[row] = place % count;
  const all = Array.from(folds, (_, row) => row);
  const values = new Float64Array(rows);
  const densities: D[] = [];
  for (let fold = 0; fold < count; fold++) {
    const others = takeTableRows(
      table,
      all.filter((row) => folds[row] !== fold),
    );
    const density = await fit(others, fold);
    densities.push(density);
    for (const [row, logProb] of density.logProb(table).entries()) {
      const share = folds[row] === fold ? -1 : 1 / (count - 1);
      values[row] = (values[row] as number) + share * logProb;
    }
  }
  return { values, folds, densities };
}

/**
 * How rare the values of each row of some tables are in their columns: minus the sum of the logarithms of their frequencies
 * in all tables together.
 */
export function rowRarity(columns: readonly AlignedColumn[]): readonly Float64Array[] {
  const rarity = (columns[0]?.values ?? []).map(({ length }) => new Float64Array(length));
  const rows = rarity.reduce((sum, { length }) => sum + length, 0);
  for (const { values } of columns) {
    const counts = new Map<number, number>();
    for (const own of values) for (const value of own) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const [table, target] of rarity.entries()) {
      const own = values[table] as AlignedColumn["values"][number];
      for (let row = 0; row < target.length; row++) {
        target[row] = (target[row] as number) + Math.log(rows / (counts.get(own[row] as number) as number));
      }
    }
  }
  return rarity;
}
