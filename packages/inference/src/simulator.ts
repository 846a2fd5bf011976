import type { Key, NdArray } from "@pushforward/core";

/** The numbers of one simulation. */
export type SimulatedRow = ArrayLike<number>;

/**
 * Simulates data for one vector of parameters. All randomness comes from the key, which is another one for each vector
 * and depends on nothing else, so that simulators may finish in any order. It may throw: that simulation is dropped.
 */
export type RowSimulator = (parameters: Float64Array, key: Key) => SimulatedRow | Promise<SimulatedRow>;

/** Simulates many at once: parameters `[n, parameters]` → data `[n, data]`. */
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
