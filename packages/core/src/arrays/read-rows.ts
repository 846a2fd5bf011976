import { Tensor } from "@tensorflow/tfjs-core";
import { DataError, DisposedError, ShapeError } from "../errors/errors.ts";
import { describeValue, type HostRows, isList, type NdArray, nestedShape } from "./nd-array.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** A row of numbers. */
export type NumberRow = readonly number[] | Float32Array | Float64Array;

/**
 * Rows of numbers: an array of rows, a flat list with one number per row, an array with its shape `[n, ...event]`, or a
 * tensor, which is copied to the host.
 */
export type RowsLike = NdArray | Tensor | Float32Array | Float64Array | readonly number[] | readonly NumberRow[];

/** Options of {@link readRows} and {@link readEvents}. */
export interface ReadRowsOptions {
  /**
   * Numbers allowed in the rows: finite numbers, finite float32 numbers (1e39 is infinite in float32), finite numbers
   * and −∞ as the log-density of a point outside of a support, or any numbers. Default: `"finite"`.
   */
  readonly numbers?: "finite" | "finite float32" | "finite or -Infinity" | "any";
}

/**
 * Reads rows of shape `[n, columns]`, or `[n]` for one column, into a new table.
 *
 * @param where the beginning of the error texts.
 * @param name name of the rows in error messages.
 * @throws {ShapeError} the shape is different, rows have different lengths, or the rows have no columns.
 * @throws {DataError} the value has no rows, or a number is not allowed; row and column are named, counted from 1.
 * @throws {DisposedError} the tensor has been disposed.
 * @example
 * const { rows, columns, data } = readRows([[1, 2], [3, 4], [5, 6]], "score", "x");
 * rows; // → 3
 * data; // → [1, 2, 3, 4, 5, 6]
 */
export function readRows(value: RowsLike, where: string, name: string, options: ReadRowsOptions = {}): HostRows {
  const { shape, data } = readEvents(value, where, name, options);
  if (shape.length > 2) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, features], got ${formatShape(shape)}.`);
  }
  const [rows, columns = 1] = shape as readonly [number, number?];
  return { rows, columns, data: Float64Array.from(data) };
}

/**
 * Reads rows of any shape `[n, ...event]`, also deeper nested arrays. Host arrays are not copied.
 *
 * @throws {ShapeError} a scalar, arrays of different lengths, no columns.
 * @throws {DataError} no rows, or a number that is not allowed; row and column are named, counted from 1.
 * @throws {DisposedError} the tensor has been disposed.
 */
export function readEvents(value: unknown, where: string, name: string, options: ReadRowsOptions = {}): NdArray {
  const array = toNdArray(value, where, name);
  const { shape, data } = array;
  if (shape.length === 0) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, ...event], got a scalar.`);
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(shape)} values in ${name} for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  if (shape[0] === 0) throw new DataError(`${where}: expected at least one row in ${name}, got none.`);
  if (data.length === 0) {
    throw new ShapeError(`${where}: expected at least one column in ${name}, got shape ${formatShape(shape)}.`);
  }
  checkNumbers(array, where, name, options.numbers ?? "finite");
  return array;
}

/**
 * Reads rows of shape `[n, columns]` without copying host arrays. A flat list is refused.
 *
 * @throws the errors of {@link readEvents}.
 */
export function readMatrix(value: RowsLike, where: string, name: string, options: ReadRowsOptions = {}): NdArray {
  const matrix = readEvents(value, where, name, options);
  if (matrix.shape.length === 2) return matrix;
  throw new ShapeError(`${where}: expected ${name} of shape [rows, columns], got ${formatShape(matrix.shape)}.`);
}

function toNdArray(value: unknown, where: string, name: string): NdArray {
  if (value instanceof Tensor) {
    if (value.isDisposed) {
      throw new DisposedError(`${where}: expected a live tensor as ${name}, got one that has been disposed.`);
    }
    const data = value.dataSync();
    return { shape: [...value.shape], data: data instanceof Float32Array ? data.slice() : Float64Array.from(data) };
  }
  if (value instanceof Float32Array || value instanceof Float64Array) return { shape: [value.length], data: value };
  if (isList(value)) return new NestedReader(value, where, name).read();
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value) return value as NdArray;
  throw new ShapeError(`${where}: expected ${name} as an array of rows, an NdArray or a tensor, got ${typeof value}.`);
}

/** Copies nested arrays of numbers; errors name the row. */
class NestedReader {
  private readonly shape: Shape;
  private readonly data: Float64Array;
  private at = 0;
  private readonly value: ArrayLike<unknown>;
  private readonly where: string;
  private readonly name: string;

  constructor(value: ArrayLike<unknown>, where: string, name: string) {
    this.value = value;
    this.where = where;
    this.name = name;
    this.shape = nestedShape(value);
    this.data = new Float64Array(sizeOf(this.shape));
  }

  read(): NdArray {
    const { value, shape, data } = this;
    for (let i = 0; i < value.length; i++) this.readPart(value[i], 1, i + 1);
    return { shape, data };
  }

  private readPart(part: unknown, axis: number, row: number): void {
    const length = this.shape[axis];
    if (isList(part) ? part.length !== length : length !== undefined) throw this.misfit(part, length, row);
    if (isList(part)) {
      for (let i = 0; i < part.length; i++) this.readPart(part[i], axis + 1, row);
      return;
    }
    // A text would become 0 or NaN without a word.
    if (typeof part !== "number") throw this.noNumber(part);
    this.data[this.at++] = part;
  }

  private misfit(part: unknown, length: number | undefined, row: number): ShapeError {
    const unit = this.shape.length > 2 ? "values" : "columns";
    const expected = length === undefined ? "a number" : `${length} ${unit}`;
    const got = isList(part) ? part.length : typeof part === "number" ? "a number" : describeValue(part);
    return new ShapeError(`${this.where}: expected ${expected} in row ${row} of ${this.name}, got ${got}.`);
  }

  private noNumber(part: unknown): DataError {
    const { text, location } = placeOf(this.at, this.shape);
    const got = describeValue(part);
    return new DataError(`${this.where}: expected finite numbers in ${this.name}, got ${got} in ${text}.`, location);
  }
}

function checkNumbers(
  { data, shape }: NdArray,
  where: string,
  name: string,
  numbers: NonNullable<ReadRowsOptions["numbers"]>,
): void {
  if (numbers === "any") return;
  let count = 0;
  let first = -1;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isFinite(numbers === "finite float32" ? Math.fround(value) : value)) continue;
    if (value === Number.NEGATIVE_INFINITY && numbers === "finite or -Infinity") continue;
    if (count === 0) first = i;
    count++;
  }
  if (count === 0) return;
  const { text, location } = placeOf(first, shape);
  const more = count === 1 ? "" : ` (the first of ${count} such values)`;
  const kind = numbers === "finite float32" ? "finite float32 numbers" : "finite numbers";
  throw new DataError(
    `${where}: expected ${kind} in ${name}, got ${data[first]} in ${text}${more}. Drop these rows or fill them in.`,
    location,
  );
}

// A flat list has rows alone.
function placeOf(index: number, shape: Shape): { text: string; location: { row: number; column?: string } } {
  const size = sizeOf(shape.slice(1));
  const row = Math.floor(index / size) + 1;
  if (shape.length === 1) return { text: `row ${row}`, location: { row } };
  const column = String((index % size) + 1);
  return { text: `row ${row}, column ${column}`, location: { row, column } };
}
