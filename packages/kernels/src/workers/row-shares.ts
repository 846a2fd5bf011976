/** Rows that the kernels take together. */
const BLOCK = 8;

/**
 * Where the rows of each thread start, and after the last where they end: whole blocks, as many for each as for the
 * others or one more, and none for the last threads where there are fewer blocks than threads.
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
