/** The golden section: multiples of it, modulo 1, are spread evenly. */
const STRIDE = 0.618_033_988_749_895;

/**
 * All rows in an order in which the first ones are spread over the table, so that what does not hold is seen early, also
 * where the rows are sorted.
 */
export function spreadRows(rows: number): Int32Array {
  let stride = Math.max(1, Math.round(STRIDE * rows));
  while (greatestCommonDivisor(stride, rows) > 1) stride++;
  return Int32Array.from({ length: rows }, (_, i) => (i * stride) % rows);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
