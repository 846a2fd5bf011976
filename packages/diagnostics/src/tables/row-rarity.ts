import type { AlignedColumn } from "./align-tables.ts";

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
