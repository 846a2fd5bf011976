/** A table of numbers in host memory, in float64, row-major. */
export interface HostRows {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** The table of some rows of a table, in the order given. */
export function takeHostRows({ columns, data }: HostRows, rows: ArrayLike<number>): HostRows {
  const picked = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * columns;
    picked.set(data.subarray(from, from + columns), i * columns);
  }
  return { rows: rows.length, columns, data: picked };
}
