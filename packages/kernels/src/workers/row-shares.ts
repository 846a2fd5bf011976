/** Rows that the kernels take together. */
const BLOCK = 8;

/**
 * Returns the first row of each thread, followed by the end of the last thread. Threads receive whole blocks, and their
 * block counts differ by at most one. With fewer blocks than threads, the last threads receive no rows.
 */
export function rowShares(rows: number, threads: number): number[] {
  const blocks = Math.ceil(rows / BLOCK);
  const busy = Math.min(threads, blocks);
  return Array.from({ length: threads + 1 }, (_, k) => (k < busy ? BLOCK * Math.floor((k * blocks) / busy) : rows));
}

/** Rows of the largest share of any batch of up to `rows` rows. */
export function largestShare(rows: number, threads: number): number {
  const blocks = Math.ceil(rows / BLOCK);
  return Math.min(rows, BLOCK * Math.ceil(blocks / Math.min(threads, blocks)));
}
