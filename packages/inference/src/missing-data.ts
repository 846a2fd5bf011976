import { type Key, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { type ColumnStatistics, columnStatistics } from "@pushforward/datasets";
import type { ConditionalTableRows } from "@pushforward/tables/extend";

/** How a posterior learns what to do with missing numbers. */
export interface MissingOptions {
  /**
   * The share of the numbers that are hidden at random in a second copy of the rows: for simulators that always give all
   * numbers, where the observation does not. Default: 0, only the NaN that are in the data.
   */
  readonly rate?: number | undefined;
}

/** @throws {OptionError} a rate that is not from 0 to below 1. */
export function checkMissing(where: string, missing: MissingOptions | undefined): void {
  const rate = missing?.rate ?? 0;
  if (rate >= 0 && rate < 1) return;
  throw new OptionError(`${where}: expected missing.rate from 0 to below 1, got ${rate}.`);
}

/** Mean and standard deviation of what is known in each column; 0 and 1 where nothing is. */
export function knownStatistics(data: NdArray): ColumnStatistics {
  const [rows, columns] = data.shape as unknown as readonly [number, number];
  const known = Array.from({ length: columns }, (_, j) => {
    const column = Float64Array.from({ length: rows }, (_, i) => data.data[i * columns + j] as number);
    const values = column.filter((value) => !Number.isNaN(value));
    return columnStatistics(ndArray([Math.max(1, values.length), 1], values.length > 0 ? values : Float64Array.of(0)));
  });
  return {
    mean: Float64Array.from(known, ({ mean }) => mean[0] as number),
    sd: Float64Array.from(known, ({ sd }) => sd[0] as number),
    constant: known.flatMap(({ constant }, j) => (constant.length > 0 ? [j] : [])),
  };
}

/** Rows with their contexts as `MissingMask` gives them, and, with a rate, once more with some of the numbers hidden. */
export function withMissing(
  { x, context }: ConditionalTableRows,
  { rate = 0 }: MissingOptions,
  key: Key,
): ConditionalTableRows {
  const [rows, columns] = context.shape as unknown as readonly [number, number];
  const values = Float64Array.from(context.data);
  const hidden = rate > 0 ? key.uniform(values.length).map((u) => (u < rate ? 1 : 0)) : new Float32Array(0);
  const all = [...values, ...hidden.map((isHidden, i) => (isHidden === 1 ? Number.NaN : (values[i] as number)))];
  const copies = rate > 0 ? 2 : 1;
  const pairs = new Float64Array(2 * all.length);
  for (const [i, value] of all.entries()) pairs.set(Number.isNaN(value) ? [0, 1] : [value, 0], 2 * i);
  const twice = new Float64Array(copies * x.data.length);
  for (let copy = 0; copy < copies; copy++) twice.set(x.data, copy * x.data.length);
  return {
    x: ndArray([copies * rows, x.shape[1] as number], twice),
    context: ndArray([copies * rows, 2 * columns], pairs),
  };
}
