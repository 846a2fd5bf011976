import { DataError, type NdArray, ndArray, ShapeError } from "@pushforward/core";

/** Mean and standard deviation of the columns, in float64. */
export interface ColumnStatistics {
  readonly mean: Float64Array;
  /** Divided by n, not n − 1; 1 for a constant column, so that dividing by it does no harm. */
  readonly sd: Float64Array;
  /** Columns in which all values are equal: they have no density of their own. */
  readonly constant: readonly number[];
}

/**
 * Mean and standard deviation of each column of `[rows, columns]`, in two passes of float64. Neither the offset nor the
 * size of the numbers matters: 1e8 ± 1e-8 and 1e300 are as exact as 0 ± 1.
 *
 * @throws {DataError} the data has no rows, or a value is not finite; the message and `location` name its row and
 * column.
 * @example
 * const { mean, sd } = columnStatistics(ndArray([3, 1], Float32Array.of(1, 2, 3)));
 * mean; // → [2]
 */
export function columnStatistics(data: NdArray): ColumnStatistics {
  const [rows, columns] = matrixShape("columnStatistics", data);
  if (rows === 0) throw new DataError("columnStatistics: expected at least one row, got none.");
  checkFinite("columnStatistics", data);
  const mean = new Float64Array(columns);
  const sd = new Float64Array(columns);
  const constant: number[] = [];
  for (let j = 0; j < columns; j++) {
    const values = data.data;
    const origin = values[j] as number;
    // Relative to the first value and the largest distance from it, nothing can cancel or overflow.
    let reach = 0;
    for (let i = 0; i < rows; i++) {
      const distance = Math.abs((values[i * columns + j] as number) / 2 - origin / 2);
      if (distance > reach) reach = distance;
    }
    if (reach === 0) {
      mean[j] = origin;
      sd[j] = 1;
      constant.push(j);
      continue;
    }
    const at = (i: number): number => ((values[i * columns + j] as number) / 2 - origin / 2) / reach;
    const center = compensatedSum(rows, at) / rows;
    const variance = compensatedSum(rows, (i) => (at(i) - center) ** 2) / rows;
    mean[j] = 2 * (origin / 2 + reach * center);
    sd[j] = 2 * (reach * Math.sqrt(variance));
  }
  return { mean, sd, constant };
}

/**
 * `(x − mean) / sd` of each column, in float64.
 *
 * @example
 * const data = ndArray([3, 1], Float64Array.of(1, 2, 3));
 * standardize(data, columnStatistics(data)).data; // → [-1.2247, 0, 1.2247]
 */
export function standardize(data: NdArray, { mean, sd }: Pick<ColumnStatistics, "mean" | "sd">): NdArray {
  const [, columns] = matrixShape("standardize", data);
  if (columns !== mean.length) {
    throw new ShapeError(`standardize: expected ${mean.length} columns, got ${columns}.`);
  }
  const result = Float64Array.from(data.data);
  for (let i = 0; i < result.length; i++) {
    const j = i % columns;
    result[i] = ((result[i] as number) - (mean[j] as number)) / (sd[j] as number);
  }
  return ndArray(data.shape, result);
}

/**
 * Refuses values that are NaN or infinite.
 *
 * @param names of the columns, for the message. Default: their numbers.
 * @throws {DataError} names row and column of the first bad value and counts the remaining ones.
 */
export function checkFinite(where: string, data: NdArray, names?: readonly string[]): void {
  const [, columns] = matrixShape(where, data);
  const bad = data.data.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  let others = -1;
  for (const value of data.data) if (!Number.isFinite(value)) others++;
  const row = Math.floor(bad / columns) + 1;
  const name = names?.[bad % columns] ?? String((bad % columns) + 1);
  const more = others === 0 ? "" : ` ${others} more ${others === 1 ? "value is" : "values are"} not finite either.`;
  throw new DataError(
    `${where}: expected finite numbers, got ${data.data[bad]} in row ${row}, column "${name}".${more}`,
    { row, column: name },
  );
}

function matrixShape(where: string, { shape }: NdArray): readonly [number, number] {
  if (shape.length !== 2) throw new ShapeError(`${where}: expected shape [rows, columns], got [${shape.join(", ")}].`);
  return shape as unknown as readonly [number, number];
}

// Neumaier's sum: the error does not grow with the number of rows.
function compensatedSum(count: number, term: (i: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const value = term(i);
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}
