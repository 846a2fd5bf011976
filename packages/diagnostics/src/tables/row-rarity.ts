import type { AlignedColumn } from "./align-tables.ts";

/** How rare the values of each row of a table are in its columns: minus the sum of the logarithms of their frequencies. */
export function rowRarity(columns: readonly AlignedColumn[], table: number): Float64Array {
  const rows = columns[0]?.values[table]?.length ?? 0;
  const rarity = new Float64Array(rows);
  for (const column of columns) {
    const values = column.values[table] as AlignedColumn["values"][number];
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (let row = 0; row < rows; row++) {
      rarity[row] = (rarity[row] as number) + Math.log(rows / (counts.get(values[row] as number) as number));
    }
  }
  return rarity;
}
