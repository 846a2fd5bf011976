import { quantile } from "@pushforward/core/plain";

/** The median; NaN of no values. */
export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
