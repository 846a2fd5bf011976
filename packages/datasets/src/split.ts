import { type Key, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";

/** Options of {@link splitData}. */
export interface SplitOptions {
  /** Share of the rows for validation, from 0 to below 1. */
  readonly validation: number;
  /** Share of the rows for the test. Default: 0. */
  readonly test?: number;
  /** Decides which rows go where. */
  readonly key: Key;
}

/** Row numbers of the parts; each row is in exactly one. */
export interface SplitIndices {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Parts of the data. */
export interface Split {
  readonly train: NdArray;
  readonly validation: NdArray;
  readonly test: NdArray;
}

/**
 * Splits rows at random into parts. Shares are rounded to whole rows; at least one row is left for training.
 *
 * @throws {OptionError} the shares do not leave anything to train on.
 * @example
 * const { train, validation } = splitData(selectColumns(penguins()), { validation: 0.1, key: createKey(1) });
 * validation; // → shape [34, 4]
 */
export function splitData(data: NdArray, options: SplitOptions): Split {
  checkOptions("splitData", options, { validation: true, test: true, key: true });
  const rows = data.shape[0];
  if (rows === undefined) throw new ShapeError("splitData: expected data of shape [rows, …], got a single number.");
  const { train, validation, test } = splitIndices(rows, options);
  return { train: takeRows(data, train), validation: takeRows(data, validation), test: takeRows(data, test) };
}

/** The row numbers of {@link splitData}, for data that is more than one array. */
export function splitIndices(rows: number, { validation, test = 0, key }: SplitOptions): SplitIndices {
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw new OptionError(`splitData: expected shares from 0 that sum to less than 1, got ${validation} and ${test}.`);
  }
  const order = key.permutation(rows);
  const validationRows = Math.min(Math.round(validation * rows), Math.max(0, rows - 1));
  const testRows = Math.min(Math.round(test * rows), Math.max(0, rows - 1 - validationRows));
  const trainRows = rows - validationRows - testRows;
  return {
    train: order.slice(0, trainRows),
    validation: order.slice(trainRows, trainRows + validationRows),
    test: order.slice(trainRows + validationRows),
  };
}

/** The rows of an array at the given indices, in their order. */
export function takeRows({ shape, data }: NdArray, indices: ArrayLike<number>): NdArray {
  const width = sizeOf(shape.slice(1));
  const size = indices.length * width;
  const taken = data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return ndArray([indices.length, ...shape.slice(1)], taken);
}
