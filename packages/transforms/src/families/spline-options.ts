import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

// A bin has at least 1/1000 of the interval; with more than half of them taken by that little is left to learn.
const MAX_BINS = 500;
// One bin that ends on the diagonal is the identity whatever its parameters are.
const MIN_BINS = 2;
const MAX_BOUND = 1e6;

/** Refuses bins and bounds that no spline has. */
export function checkSpline(where: string, bins: number, bound: number): void {
  if (!Number.isInteger(bins) || bins < MIN_BINS || bins > MAX_BINS) {
    throw new OptionError(
      `${where}: expected bins to be an integer from ${MIN_BINS} to ${MAX_BINS}, got ${describeValue(bins)}.`,
    );
  }
  if (!(bound > 0 && bound <= MAX_BOUND)) {
    throw new OptionError(`${where}: expected bound above 0 and at most ${MAX_BOUND}, got ${describeValue(bound)}.`);
  }
}
