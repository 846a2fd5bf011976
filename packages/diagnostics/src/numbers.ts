import {
  DataError,
  DisposedError,
  formatShape,
  type NdArray,
  OptionError,
  ShapeError,
  sizeOf,
} from "@pushforward/core";
import { Tensor } from "@tensorflow/tfjs-core";

type Row = readonly number[] | Float32Array | Float64Array;

/** Numbers `[n, d]`, or `[n]` for one column: host arrays, rows of numbers, or a tensor. */
export type SamplesLike = NdArray | Tensor | Float32Array | Float64Array | readonly number[] | readonly Row[];

/** Draws `[n, draws, d]`, or `[n, draws]` for one column: `draws` of them for each of `n` observations. */
export type DrawsLike = NdArray | Tensor | readonly Row[] | readonly (readonly Row[])[];

/** A checked table in float64, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Checked draws in float64, row-major. */
export interface Cube {
  readonly runs: number;
  readonly draws: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** What a reader may let through beside finite numbers. */
export interface ReadOptions {
  /** −∞, as the log-density of a point outside of a support. */
  readonly allowMinusInfinity?: boolean;
}

/**
 * Reads and copies `[n, d]` or `[n]`.
 *
 * @throws {ShapeError} another shape, no columns. @throws {DataError} no rows, a number that is not finite.
 */
export function readMatrix(value: SamplesLike, where: string, name: string, options: ReadOptions = {}): Matrix {
  const { shape, data } = readArray(value, where, name, options);
  const [rows, columns = 1] = shape;
  if (rows === undefined || shape.length > 2) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, d], got ${formatShape(shape)}.`);
  }
  return { rows, columns, data };
}

/** Reads and copies one number for each of `rows` rows, or for any number of them. */
export function readVector(
  value: SamplesLike,
  where: string,
  name: string,
  rows?: number,
  options: ReadOptions = {},
): Float64Array {
  const matrix = readMatrix(value, where, name, options);
  if (matrix.columns !== 1 || (rows !== undefined && matrix.rows !== rows)) {
    throw new ShapeError(
      `${where}: expected ${name} of shape [${rows ?? "n"}], got [${matrix.rows}, ${matrix.columns}].`,
    );
  }
  return matrix.data;
}

/** Reads and copies `[n, draws, d]` or `[n, draws]`. */
export function readCube(value: DrawsLike, where: string, name: string, options: ReadOptions = {}): Cube {
  const { shape, data } = readArray(value, where, name, options);
  const [runs, draws, columns = 1] = shape;
  if (runs === undefined || draws === undefined || shape.length > 3) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, draws, d], got ${formatShape(shape)}.`);
  }
  return { runs, draws, columns, data };
}

/** Checks a whole number. */
export function checkCount(where: string, name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`${where}: expected ${name} to be a whole number from ${least}, got ${value}.`);
}

/** Checks a share above 0 and below 1. */
export function checkShare(where: string, name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new OptionError(`${where}: expected ${name} above 0 and below 1, got ${value}.`);
}

/** Some rows of a table. */
export function takeRows({ columns, data }: Matrix, rows: ArrayLike<number>): Matrix {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * columns;
    taken.set(data.subarray(from, from + columns), i * columns);
  }
  return { rows: rows.length, columns, data: taken };
}

/** A table below another. */
export function stackRows(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { rows: a.rows + b.rows, columns: a.columns, data };
}

/** A column as an array. */
export function columnOf({ rows, columns, data }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * columns + column] as number);
}

function readArray(value: unknown, where: string, name: string, options: ReadOptions): HostArray {
  const { shape, data } = toArray(value, where, name);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(shape)} values in ${name} for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  if (shape[0] === 0) throw new DataError(`${where}: expected at least one row in ${name}, got none.`);
  if (data.length === 0) {
    throw new ShapeError(`${where}: expected numbers in ${name}, got the empty shape ${formatShape(shape)}.`);
  }
  const bad = data.findIndex(
    (number) =>
      !Number.isFinite(number) && !(options.allowMinusInfinity === true && number === Number.NEGATIVE_INFINITY),
  );
  if (bad >= 0) {
    const row = Math.floor(bad / (data.length / (shape[0] as number))) + 1;
    throw new DataError(
      `${where}: expected finite numbers in ${name}, got ${data[bad]} in row ${row}. Drop such rows, and say so.`,
      { row },
    );
  }
  return { shape, data };
}

interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

function toArray(value: unknown, where: string, name: string): HostArray {
  if (value instanceof Tensor) {
    if (value.isDisposed) {
      throw new DisposedError(`${where}: expected a live tensor as ${name}, got one that has been disposed.`);
    }
    return { shape: [...value.shape], data: Float64Array.from(value.dataSync()) };
  }
  if (isList(value)) return fromNested(value, where, name);
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value) {
    const { shape, data } = value as NdArray;
    return { shape: [...shape], data: Float64Array.from(data) };
  }
  throw new ShapeError(`${where}: expected ${name} as nested arrays, an NdArray or a tensor, got ${typeof value}.`);
}

function fromNested(value: ArrayLike<unknown>, where: string, name: string): HostArray {
  const shape: number[] = [];
  for (let level: unknown = value; isList(level); level = level[0]) shape.push(level.length);
  const data = new Float64Array(sizeOf(shape));
  let at = 0;
  const fill = (part: unknown, axis: number, row: number): void => {
    if (axis === shape.length) {
      if (typeof part === "number") {
        data[at++] = part;
        return;
      }
      if (!isList(part)) {
        throw new DataError(`${where}: expected numbers in ${name}, got ${describe(part)} in row ${row}.`, { row });
      }
    }
    if (!isList(part) || part.length !== shape[axis]) {
      const got = isList(part) ? String(part.length) : "none";
      throw new ShapeError(`${where}: expected ${shape[axis] ?? "no"} values in row ${row} of ${name}, got ${got}.`);
    }
    for (let i = 0; i < part.length; i++) fill(part[i], axis + 1, axis === 0 ? i + 1 : row);
  };
  fill(value, 0, 1);
  return { shape, data };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
