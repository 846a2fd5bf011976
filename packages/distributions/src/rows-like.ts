import { DataError, DisposedError, formatShape, type NdArray, ShapeError, sizeOf } from "@pushforward/core";
import { Tensor } from "@tensorflow/tfjs-core";

/** A table of numbers, `[n, features]` or `[n]` for one feature: host arrays, rows of numbers, or a tensor. */
export type RowsLike =
  | NdArray
  | Tensor
  | Float32Array
  | Float64Array
  | readonly number[]
  | readonly (readonly number[] | Float32Array | Float64Array)[];

/** A checked table in float64, row-major. */
export interface HostRows {
  readonly rows: number;
  readonly features: number;
  readonly values: Float64Array;
}

/**
 * Reads and copies a table.
 *
 * @param where the beginning of the error texts.
 * @param name what the table is called in them.
 */
export function readRows(value: RowsLike, where: string, name: string): HostRows {
  const { shape, data } = toArray(value, where, name);
  const [rows, features = 1] = shape;
  if (rows === undefined || shape.length > 2) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, features], got ${formatShape(shape)}.`);
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(shape)} values in ${name} for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  if (rows === 0) throw new DataError(`${where}: expected at least one row in ${name}, got none.`);
  if (features === 0) throw new ShapeError(`${where}: expected at least one column in ${name}, got none.`);
  const bad = data.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0) {
    const row = Math.floor(bad / features) + 1;
    const column = String((bad % features) + 1);
    throw new DataError(
      `${where}: expected finite numbers in ${name}, got ${data[bad]} in row ${row}, column ${column}. ` +
        "Drop these rows or fill them in.",
      { row, column },
    );
  }
  return { rows, features, values: Float64Array.from(data) };
}

/** The table of some rows of a table. */
export function takeHostRows(table: HostRows, order: Int32Array): HostRows {
  const { features, values } = table;
  const result = new Float64Array(order.length * features);
  for (let i = 0; i < order.length; i++) {
    const from = (order[i] as number) * features;
    result.set(values.subarray(from, from + features), i * features);
  }
  return { rows: order.length, features, values: result };
}

/** The table of the first columns of a table. */
export function leadingHostColumns({ rows, features, values }: HostRows, columns: number): HostRows {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    result.set(values.subarray(i * features, i * features + columns), i * columns);
  }
  return { rows, features: columns, values: result };
}

function toArray(value: RowsLike, where: string, name: string): NdArray {
  if (value instanceof Tensor) {
    if (value.isDisposed) {
      throw new DisposedError(`${where}: expected a live tensor as ${name}, got one that has been disposed.`);
    }
    return { shape: [...value.shape], data: Float64Array.from(value.dataSync()) };
  }
  if (value instanceof Float32Array || value instanceof Float64Array) return { shape: [value.length], data: value };
  if (Array.isArray(value)) return fromRows(value, where, name);
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value) return value as NdArray;
  throw new ShapeError(`${where}: expected ${name} as an array of rows, an NdArray or a tensor, got ${typeof value}.`);
}

function fromRows(rows: readonly unknown[], where: string, name: string): NdArray {
  const first = rows[0];
  const features = isList(first) ? first.length : undefined;
  const data = new Float64Array(rows.length * (features ?? 1));
  for (const [i, row] of rows.entries()) {
    const length = isList(row) ? row.length : undefined;
    if (length !== features) {
      const expected = features === undefined ? "a number" : `${features} columns`;
      throw new ShapeError(`${where}: expected ${expected} in row ${i + 1} of ${name}, got ${length ?? "a number"}.`);
    }
    const numbers = isList(row) ? row : [row];
    for (let j = 0; j < numbers.length; j++) {
      const number = numbers[j];
      // A text would become 0 or NaN without a word.
      if (typeof number !== "number") {
        const column = String(j + 1);
        throw new DataError(
          `${where}: expected finite numbers in ${name}, got ${describe(number)} in row ${i + 1}, column ${column}.`,
          { row: i + 1, column },
        );
      }
      data[i * numbers.length + j] = number;
    }
  }
  return { shape: features === undefined ? [rows.length] : [rows.length, features], data };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
