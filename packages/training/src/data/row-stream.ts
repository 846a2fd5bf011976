import type { TrainingSet } from "./training-data.ts";

/**
 * Rows that are read in blocks, again in each epoch: for data larger than memory. Two blocks are in memory at a time, the one
 * that is trained on and the next.
 *
 * @example
 * const stream: RowStream = {
 *   rows: 10_000,
 *   blockRows: 1000,
 *   block: async (epoch, index) => ({ x: key.fold(epoch).fold(index).normal(2000), shape: [1000, 2] }),
 * };
 */
export interface RowStream {
  /** Number of rows of an epoch. */
  readonly rows: number;
  /** Number of rows of each block; the last one of an epoch has the rest. */
  readonly blockRows: number;
  /**
   * A block, counted from 0, of an epoch, counted from 1 as in the events. Its rows are in random order. It is the same each
   * time that it is asked for; two epochs may have different rows. Weights are scaled to mean 1 within a block.
   */
  block(epoch: number, index: number): Promise<TrainingSet>;
}
