import type { NdArray } from "@pushforward/core";

// Outside its box a spline is the identity, so the box should hold the training rows. A single outlier at 50 standard
// deviations must not take the bins away from all other rows, though.
const SMALLEST_BOUND = 5;
const LARGEST_BOUND = 8;

/** Half the width of the box of the splines for rows in standard units: it holds the rows, from 5 to 8. */
export function splineBound({ data }: NdArray): number {
  let largest = 0;
  for (const z of data) largest = Math.max(largest, Math.abs(z));
  return Math.min(LARGEST_BOUND, Math.max(SMALLEST_BOUND, Math.ceil(largest)));
}
