import { DataError, DisposedError, formatShape, type NdArray, type Shape, ShapeError, sizeOf } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Numbers to train on, one row for each example: host arrays `[n, ...event]`, rows of numbers, a flat list of scalars,
 * or a tensor, which is copied to the host once. The rows are read during the whole fit: leave them as they are.
 */
export type ArrayData =
  | NdArray
  | tf.Tensor
  | Float32Array
  | Float64Array
  | readonly number[]
  | readonly (readonly number[])[];

/** Examples with what belongs to them, row by row. */
export interface TrainingSet {
  /** `[n, ...event]`. */
  readonly x: ArrayData;
  /** `[n, ...context]`, for a conditional model. */
  readonly context?: ArrayData | undefined;
  /** `[n]`, not negative: a row of weight 2 counts like two rows, one of weight 0 like none. */
  readonly weights?: ArrayData | undefined;
}

/** What `fit` trains on: the examples alone, or with a context or weights. */
export type TrainingData = ArrayData | TrainingSet;

/** Rows of some checked arrays. Several tables may look at the same arrays. */
export interface Table {
  readonly x: NdArray;
  readonly context: NdArray | undefined;
  /** Scaled to mean 1 over the rows of this table. */
  readonly weights: Float64Array | undefined;
  /** Which rows of the arrays belong to the table. Those of weight 0 do not. */
  readonly rows: Int32Array;
}

/**
 * Checks training data and gives it one form.
 *
 * @param where the beginning of the error texts, for instance `fit`.
 * @throws {DataError} no rows, a value that is not a finite float32, a negative weight.
 * @throws {ShapeError} the arrays have different numbers of rows, or rows different lengths.
 */
export function readTable(data: TrainingData, where: string): Table {
  const set: TrainingSet = isTrainingSet(data) ? data : { x: data };
  const x = readArray(set.x, where, "x");
  const n = x.shape[0] as number;
  const context = set.context === undefined ? undefined : readArray(set.context, where, "context");
  if (context !== undefined && context.shape[0] !== n) {
    throw new ShapeError(`${where}: expected ${n} rows of context, one for each row of x, got ${context.shape[0]}.`);
  }
  if (set.weights === undefined)
    return { x, context, weights: undefined, rows: Int32Array.from({ length: n }, (_, i) => i) };
  const weights = readArray(set.weights, where, "weights");
  if (weights.shape.length !== 1 || weights.shape[0] !== n) {
    throw new ShapeError(`${where}: expected weights of shape [${n}], got ${formatShape(weights.shape)}.`);
  }
  const negative = weights.data.findIndex((w) => w < 0);
  if (negative >= 0) {
    const row = negative + 1;
    throw new DataError(`${where}: expected weights of at least 0, got ${weights.data[negative]} in row ${row}.`, {
      row,
    });
  }
  const used = Int32Array.from({ length: n }, (_, i) => i).filter((i) => (weights.data[i] as number) > 0);
  if (used.length === 0) throw new DataError(`${where}: expected a weight above 0, got none.`);
  return selectRows({ x, context, weights: Float64Array.from(weights.data), rows: used }, used);
}

/** The table of some rows of the arrays of another; its weights are scaled to mean 1 again. */
export function selectRows(table: Table, rows: Int32Array): Table {
  if (table.weights === undefined) return { ...table, rows };
  let sum = 0;
  for (const row of rows) sum += table.weights[row] as number;
  const scale = rows.length / sum;
  return { ...table, rows, weights: table.weights.map((w) => w * scale) };
}

/** Shape of one example. */
export function eventShapeOf(array: NdArray): Shape {
  return array.shape.slice(1);
}

/** A copy of some rows as float32, ready to become a tensor. */
export function gatherRows(array: NdArray, rows: Int32Array): Float32Array {
  const size = sizeOf(eventShapeOf(array));
  const { data } = array;
  const out = new Float32Array(rows.length * size);
  for (let i = 0, at = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * size;
    for (let j = 0; j < size; j++) out[at++] = data[from + j] as number;
  }
  return out;
}

function isTrainingSet(data: TrainingData): data is TrainingSet {
  return typeof data === "object" && data !== null && "x" in data;
}

function readArray(value: ArrayData, where: string, name: string): NdArray {
  const array = toNdArray(value, where, name);
  if (array.shape.length === 0) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, ...event], got a scalar.`);
  }
  if (sizeOf(array.shape) !== array.data.length) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(array.shape)} values in ${name} for shape ${formatShape(array.shape)}, got ${array.data.length}.`,
    );
  }
  if (array.shape[0] === 0) throw new DataError(`${where}: expected at least one row in ${name}, got none.`);
  if (array.data.length === 0) {
    throw new ShapeError(`${where}: expected at least one column in ${name}, got shape ${formatShape(array.shape)}.`);
  }
  checkFinite(array, where, name);
  return array;
}

function toNdArray(value: ArrayData, where: string, name: string): NdArray {
  if (value instanceof tf.Tensor) {
    if (value.isDisposed) {
      throw new DisposedError(`${where}: expected a live tensor as ${name}, got one that has been disposed.`);
    }
    return { shape: [...value.shape], data: Float32Array.from(value.dataSync()) };
  }
  if (value instanceof Float32Array || value instanceof Float64Array) return { shape: [value.length], data: value };
  if (Array.isArray(value)) return fromRows(value, where, name);
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value) return value as NdArray;
  throw new ShapeError(`${where}: expected ${name} as an array of rows, an NdArray or a tensor, got ${typeof value}.`);
}

function fromRows(rows: readonly (number | readonly number[])[], where: string, name: string): NdArray {
  const first = rows[0];
  if (!Array.isArray(first)) return { shape: [rows.length], data: Float64Array.from(rows as readonly number[]) };
  const size = first.length;
  const data = new Float64Array(rows.length * size);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== size) {
      const length = Array.isArray(row) ? row.length : 1;
      throw new ShapeError(`${where}: expected ${size} columns in row ${i + 1} of ${name}, got ${length}.`);
    }
    data.set(row, i * size);
  }
  return { shape: [rows.length, size], data };
}

function checkFinite({ data, shape }: NdArray, where: string, name: string): void {
  let bad = 0;
  let first = -1;
  for (let i = 0; i < data.length; i++) {
    // The model computes in float32, where 1e39 is infinite.
    if (Number.isFinite(Math.fround(data[i] as number))) continue;
    if (bad === 0) first = i;
    bad++;
  }
  if (bad === 0) return;
  const size = data.length / (shape[0] as number);
  const row = Math.floor(first / size) + 1;
  const column = String((first % size) + 1);
  const place = shape.length === 1 ? `row ${row}` : `row ${row}, column ${column}`;
  const more = bad === 1 ? "" : ` (the first of ${bad} such values)`;
  throw new DataError(
    `${where}: expected finite float32 numbers in ${name}, got ${data[first]} in ${place}${more}. Drop these rows or fill them in.`,
    shape.length === 1 ? { row } : { row, column },
  );
}
