import type { Comparison } from "../law/comparison.ts";
import { Violation } from "../law/comparison.ts";
import { rootMeanSquare, type Slopes } from "./finite-difference.ts";

/** Differences count as informative where their error is below this share of the slopes' size. */
const INFORMATIVE = 0.05;

/** How many estimated errors a difference may be off before that counts against the gradient. */
const ERRORS_ALLOWED = 4;

/**
 * Compares the derivatives of rows by automatic differentiation with finite differences, relative to their size over
 * all rows. A kink within the steps of a row (a ReLU, a knot) shows in the error of its difference, which is excused.
 */
export function compareRowSlopes(
  comparison: Comparison,
  got: Float64Array,
  { slope, error }: Slopes,
  what: string,
  describeRow: (row: number) => string,
): void {
  const size = Math.max(rootMeanSquare(slope), rootMeanSquare(got));
  requireInformative(size, error, what);
  if (size === 0) return;
  for (const [row, expected] of slope.entries()) {
    const allowed = { slack: (ERRORS_ALLOWED * (error[row] as number)) / size };
    comparison.add((got[row] as number) / size, expected / size, () => `${describeRow(row)} (${what})`, allowed);
  }
}

/**
 * Compares the derivative of a sum over rows with the sum of their finite differences, relative to the root of the sum
 * of squares: rows that cancel do not make the comparison stricter.
 *
 * @param gradientOf derivative of the sum of the rows whose weight is 1.
 */
export function compareSummedSlopes(
  comparison: Comparison,
  gradientOf: (weights: Float64Array) => number,
  { slope, error }: Slopes,
  what: string,
): void {
  const rows = slope.length;
  const size = rootMeanSquare(slope);
  const weights = new Float64Array(rows).fill(1);
  if (rootMeanSquare(error) > INFORMATIVE * size) {
    // Rows with a kink within their steps are left out of the sum.
    for (let row = 0; row < rows; row++) weights[row] = (error[row] as number) <= INFORMATIVE * size ? 1 : 0;
    if (!weights.includes(1)) weights.fill(1);
  }
  const got = gradientOf(weights);
  const kept = (values: Float64Array): Float64Array => values.filter((_, row) => weights[row] === 1);
  const count = kept(weights).length;
  const norm = Math.max(rootMeanSquare(kept(slope)), Math.abs(got) / count);
  requireInformative(norm, error, what);
  if (norm === 0) return;
  const scale = norm * Math.sqrt(count);
  const expected = kept(slope).reduce((sum, value) => sum + value, 0);
  const slack = (ERRORS_ALLOWED * rootMeanSquare(kept(error)) * Math.sqrt(count)) / scale;
  comparison.add(got / scale, expected / scale, () => what, { slack });
}

/** A comparison in which every difference is as uncertain as it is large could not fail. */
function requireInformative(size: number, error: Float64Array, what: string): void {
  const sorted = [...error].sort((a, b) => a - b);
  const quartile = sorted[Math.floor(sorted.length / 4)] as number;
  if (quartile <= INFORMATIVE * size || quartile <= NEGLIGIBLE) return;
  throw new Violation(
    `finite differences of ${what} that float32 can resolve in a quarter of the rows`,
    `an error of ${quartile.toPrecision(3)} beside slopes of ${size.toPrecision(3)}`,
  );
}

/** Slopes and errors below this are rounding errors of functions that do not depend on what was moved. */
const NEGLIGIBLE = 2e-3;
