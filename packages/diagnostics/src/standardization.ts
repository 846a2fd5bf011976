import type { HostRows } from "@pushforward/core/plain";

/** Mean and standard deviation of each column; a column that never varies has deviation 1. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Of the rows of a table, with n − 1. */
export function standardizationOf({ rows, columns, data }: HostRows): Standardization {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let [sum, squares] = [0, 0];
    for (let i = j; i < data.length; i += columns) sum += data[i] as number;
    const center = sum / rows;
    for (let i = j; i < data.length; i += columns) squares += ((data[i] as number) - center) ** 2;
    mean[j] = center;
    deviation[j] = Math.sqrt(squares / Math.max(1, rows - 1)) || 1;
  }
  return { mean, deviation };
}

/** Rows less the means, over the deviations. */
export function standardized(table: HostRows, { mean, deviation }: Standardization): HostRows {
  const { columns, data } = table;
  return {
    ...table,
    data: data.map((value, i) => (value - (mean[i % columns] as number)) / (deviation[i % columns] as number)),
  };
}
