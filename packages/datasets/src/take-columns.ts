import { type NdArray, ndArray } from "@pushforward/core";

/**
 * Columns of a matrix, in the order that is asked for.
 *
 * @param matrix `[rows, columns]`.
 * @param columns their indices, from 0.
 * @example
 * takeColumns(ndArray([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)), [2, 0]).data; // → [3, 1, 6, 4]
 */
export function takeColumns({ shape, data }: NdArray, columns: readonly number[]): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const taken = new Float64Array(rows * columns.length);
  for (let i = 0, to = 0; i < rows; i++) for (const j of columns) taken[to++] = data[i * width + j] as number;
  return ndArray([rows, columns.length], taken);
}
