import { DataError, type Key, type NdArray, type RowsLike, type Shape, ShapeError } from "@pushforward/core";
import { formatShape, type ReadRowsOptions, readEvents, sizeOf } from "@pushforward/core/extend";
import { epochOrder, stepsPerEpoch } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";

// The model computes in float32.
const NUMBERS: ReadRowsOptions = { numbers: "finite float32" };

/** Training examples with their context and weights, row by row. */
export interface TrainingSet {
  /** `[n, ...event]`. */
  readonly x: RowsLike;
  /** `[n, ...context]`, for a conditional model. */
  readonly context?: RowsLike | undefined;
  /** `[n]`, not negative: a row of weight 2 counts like two rows, a row of weight 0 is ignored. */
  readonly weights?: RowsLike | undefined;
}

/**
 * Data of `train`: examples, optionally with context or weights. Do not change host arrays during the fit. For data larger than
 * memory use a {@link RowStream}.
 */
export type TrainingData = RowsLike | TrainingSet;

/** Rows of some checked arrays. Several tables may look at the same arrays. */
export interface Table {
  readonly x: NdArray;
  readonly context: NdArray | undefined;
  /** Scaled to mean 1 over the rows of this table. */
  readonly weights: Float64Array | undefined;
  /** Rows of the arrays that belong to the table: rows with positive weight. */
  readonly rows: Int32Array;
}

/**
 * Checks training data and converts it to one form.
 *
 * @param where start of the error messages, for instance `train`.
 * @throws {DataError} no rows, a value that is not a finite float32, a negative weight.
 * @throws {ShapeError} the arrays have different numbers of rows, or rows different lengths.
 */
export function readTable(data: TrainingData, where: string): Table {
  const set: TrainingSet = isTrainingSet(data) ? data : { x: data };
  const x = readEvents(set.x, where, "x", NUMBERS);
  const n = x.shape[0] as number;
  const context = set.context === undefined ? undefined : readEvents(set.context, where, "context", NUMBERS);
  if (context !== undefined && context.shape[0] !== n) {
    throw new ShapeError(`${where}: expected ${n} rows of context, one for each row of x, got ${context.shape[0]}.`);
  }
  if (set.weights === undefined)
    return { x, context, weights: undefined, rows: Int32Array.from({ length: n }, (_, i) => i) };
  const weights = readEvents(set.weights, where, "weights", NUMBERS);
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

/** Returns a table of selected rows of a table; its weights are rescaled to mean 1. */
export function selectRows(table: Table, rows: Int32Array): Table {
  if (table.weights === undefined) return { ...table, rows };
  let sum = 0;
  for (const row of rows) sum += table.weights[row] as number;
  const scale = rows.length / sum;
  return { ...table, rows, weights: table.weights.map((w) => w * scale) };
}

/** Returns the shape of an example. */
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

/** Rows of a step. */
export interface StepRows {
  readonly table: Table;
  readonly rows: Int32Array;
}

/** Steps of an epoch. */
export interface EpochSteps {
  /** The rows of a step, counted from 0; a promise where they have to be read first. */
  at(step: number): StepRows | Promise<StepRows>;
}

/** Source of the rows of the steps. */
export interface TrainingSource {
  /** Number of rows of an epoch. */
  readonly rows: number;
  /** Rows that show the shapes of all. */
  readonly sample: Table;
  stepsPerEpoch(batchSize: number): number;
  /**
   * Returns the steps of an epoch. Their order depends only on the key and the epoch; without a key, it is the order of
   * the data.
   */
  epoch(batchSize: number, key: Key | undefined, epoch: number): EpochSteps;
}

/** Rows in memory. */
export class TableTrainingSource implements TrainingSource {
  readonly sample: Table;

  constructor(table: Table) {
    this.sample = table;
  }

  get rows(): number {
    return this.sample.rows.length;
  }

  stepsPerEpoch(batchSize: number): number {
    return stepsPerEpoch(this.rows, batchSize);
  }

  epoch(batchSize: number, key: Key | undefined, epoch: number): EpochSteps {
    const table = this.sample;
    const order = epochOrder(table, batchSize, key?.fold("epoch").fold(epoch));
    return { at: (step) => ({ table, rows: order.batch(step) }) };
  }
}

/** Rows of an optimizer step. The tensors belong to the training loop. */
export interface Batch {
  /** `[size, ...event]`. */
  readonly x: tf.Tensor;
  /** `[size, ...context]`, when the data have one. */
  readonly context?: tf.Tensor;
  /** `[size]`, when the data have weights, scaled to mean 1 over all rows of the data. */
  readonly weights?: tf.Tensor;
  readonly size: number;
}

/** Uploads some rows. Call it inside `tf.tidy`. */
export function makeBatch(table: Table, rows: Int32Array): Batch {
  const upload = (array: Table["x"]): tf.Tensor =>
    tf.tensor(gatherRows(array, rows), [rows.length, ...array.shape.slice(1)], "float32");
  const { context, weights } = table;
  return {
    x: upload(table.x),
    ...(context === undefined ? {} : { context: upload(context) }),
    ...(weights === undefined
      ? {}
      : { weights: tf.tensor1d(Float32Array.from(rows, (row) => weights[row] as number)) }),
    size: rows.length,
  };
}
