import type { Key } from "../key.ts";

/**
 * The rows of one epoch, dealt into `⌈n / batchSize⌉` batches whose sizes differ by at most one. So every row counts
 * once in each epoch, and no step is taken on a small, noisy remainder.
 */
export interface EpochOrder {
  batch(index: number): Int32Array;
}

/** Number of steps of an epoch. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/**
 * The order of an epoch: a function of its key alone, so that nothing of it needs saving. Without a key the rows keep their
 * own.
 */
export function epochOrder(
  { rows }: { readonly rows: Int32Array },
  batchSize: number,
  key: Key | undefined,
): EpochOrder {
  const order = key === undefined ? rows : key.permutation(rows.length).map((i) => rows[i] as number);
  const count = stepsPerEpoch(rows.length, batchSize);
  const edge = (index: number): number => Math.floor((index * rows.length) / count);
  return { batch: (index) => order.subarray(edge(index), edge(index + 1)) };
}
