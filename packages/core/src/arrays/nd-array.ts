import { ShapeError } from "../errors/errors.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** Row-major numbers in host memory. File readers produce this type, and training consumes it. */
export interface NdArray {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/**
 * An {@link NdArray} from its parts.
 *
 * @throws {ShapeError} the number of values is not the size of the shape.
 * @example
 * const rows = ndArray([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)); // two rows of three columns
 */
export function ndArray(shape: Shape, data: Float32Array | Float64Array): NdArray {
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `ndArray: expected ${sizeOf(shape)} values for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  return { shape, data };
}

/** Returns `true` for an {@link NdArray}: a shape with float32 or float64 numbers. */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== "object" || value === null || !("shape" in value && "data" in value)) return false;
  const { shape, data } = value;
  return Array.isArray(shape) && (data instanceof Float32Array || data instanceof Float64Array);
}

/** True for an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Shape suggested by the first entry of each level of nested arrays. A reader checks the other entries against it. */
export function nestedShape(value: unknown): Shape {
  const shape: number[] = [];
  for (let level: unknown = value; isList(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** A short name of a value that is no number, for an error message. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

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
