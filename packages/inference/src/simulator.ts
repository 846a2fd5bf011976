import {
  DataError,
  type Key,
  type NdArray,
  ndArray,
  OptionError,
  PushforwardError,
  ShapeError,
} from "@pushforward/core";
import { formatShape } from "@pushforward/core/extend";
import { type ColumnStatistics, columnStatistics } from "@pushforward/datasets";
import type { ConditionalTableRows } from "@pushforward/tables/extend";

/** Numbers of a single simulation. */
export type SimulatedRow = ArrayLike<number>;

/**
 * Simulates data for one parameter vector. All randomness is from the key, which depends only on the index of the vector, so
 * simulators may finish in any order. A throw drops the simulation.
 */
export type RowSimulator = (parameters: Float64Array, key: Key) => SimulatedRow | Promise<SimulatedRow>;

/** Simulates a batch at once: parameters `[n, parameters]` → data `[n, data]`. */
export interface BatchSimulator {
  batch(parameters: NdArray, key: Key): NdArray | Promise<NdArray>;
  /** Maximum number of rows per call. Default: 1,000. */
  readonly batchSize?: number | undefined;
}

/** A simulator, row by row or in batches, synchronous or not. */
export type Simulator = RowSimulator | BatchSimulator;

/** Rows of parameters and data that belong together. */
export interface Simulations {
  /** `[n, parameters]`. */
  readonly parameters: NdArray;
  /** `[n, data]`. */
  readonly data: NdArray;
}

/** All simulations failed. `dropped` has the counts and reasons. */
export class SimulationError extends PushforwardError {
  override readonly name = "SimulationError";
  readonly code = "ERR_SIMULATION";
  readonly dropped: readonly DroppedSimulations[];

  constructor(message: string, dropped: readonly DroppedSimulations[], options?: ErrorOptions) {
    super(message, options);
    this.dropped = dropped;
  }
}

/** Simulations that were dropped for one reason. */
export interface DroppedSimulations {
  /** The reason: the error of the simulator, the non-finite number, or the wrong length. */
  readonly reason: string;
  readonly count: number;
  /** Index of the first one, in the order of the parameters. */
  readonly first: number;
}

/** Maximum number of distinct reasons; further ones are counted together. */
const MOST_REASONS = 10;

/** Counts dropped simulations by reason. */
export class DropCounter {
  private readonly reasons = new Map<string, { count: number; first: number }>();
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(reason: string, index: number, times = 1): void {
    this.total += times;
    const known = this.reasons.has(reason) || this.reasons.size < MOST_REASONS ? reason : "other reasons";
    const entry = this.reasons.get(known);
    if (entry === undefined) this.reasons.set(known, { count: times, first: index });
    else entry.count += times;
  }

  /** By reason, the most frequent first. */
  report(): readonly DroppedSimulations[] {
    return Array.from(this.reasons, ([reason, entry]) => ({ reason, ...entry })).sort(
      (a, b) => b.count - a.count || a.first - b.first,
    );
  }
}

/** In words, for notes and errors. */
export function describeDropped(dropped: readonly DroppedSimulations[]): string {
  return dropped.map(({ reason, count, first }) => `${count} × ${reason} (first: number ${first})`).join("; ");
}

/** Options for a posterior that learns to handle missing numbers. */
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

/** Mean and standard deviation of the known numbers per column; 0 and 1 without any. */
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

/** Rows with their contexts from `MissingMask`, and, with a rate, a copy with some numbers hidden. */
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

/** A number of an observation that no simulation reached. */
export interface OutsideSimulations {
  /** Column of the data, from 0. */
  readonly column: number;
  readonly value: number;
  /** The range of the column over the simulations. */
  readonly low: number;
  readonly high: number;
}

/**
 * Finds the numbers of an observation that lie outside the range of the simulations, column by column. A posterior
 * extrapolates for such numbers: its samples may gather in a corner of the prior, without information about the
 * parameters.
 *
 * @param simulations `[simulations, data]`.
 * @param observation one number for each column.
 * @param acceptsMissing skips NaN, in simulations and observation. Default: false.
 * @throws {ShapeError} the observation has the wrong length.
 * @throws {DataError} a number is not finite.
 */
export function outsideSimulations(
  simulations: NdArray,
  observation: ArrayLike<number>,
  acceptsMissing = false,
): OutsideSimulations[] {
  const [rows, width] = simulations.shape as readonly [number, number];
  if (observation.length !== width) {
    throw new ShapeError(
      `outside: expected an observation of shape [${width}], got ${formatShape([observation.length])}.`,
    );
  }
  const outside: OutsideSimulations[] = [];
  for (let column = 0; column < width; column++) {
    const value = observation[column] as number;
    if (acceptsMissing && Number.isNaN(value)) continue;
    if (!Number.isFinite(value))
      throw new DataError(`outside: expected finite numbers, got ${value} in column ${column}.`);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < rows; i++) {
      const simulated = simulations.data[i * width + column] as number;
      if (Number.isNaN(simulated)) continue;
      low = Math.min(low, simulated);
      high = Math.max(high, simulated);
    }
    if (value < low || value > high) outside.push({ column, value, low, high });
  }
  return outside;
}
