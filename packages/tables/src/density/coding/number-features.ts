import { normalQuantile } from "@pushforward/core/plain";

/** Features of a column of numbers that later columns read in addition to its code. */
export interface FeatureLayout {
  /** `true` if the features include the rank of a number in its column: not for numbers on a circle. */
  readonly hasRank: boolean;
  /** Periods of the numbers: 86400 for the time of day of a column of seconds. */
  readonly cycles: readonly number[];
}

/** Number of frequencies for the rank of a number: octaves. */
const RANK_FREQUENCIES = 5;
/** Frequencies of a cycle, in periods. */
const CYCLE_FREQUENCIES = [1, 2, 4, 8];
/** The quantile, the standardized value, and both parts of each frequency. */
export const RANK_FEATURES: number = 2 + 2 * RANK_FREQUENCIES;

/** Number of the features of each cell. */
export function featureCountOf({ hasRank, cycles }: FeatureLayout): number {
  return (hasRank ? RANK_FEATURES : 0) + 2 * CYCLE_FREQUENCIES.length * cycles.length;
}

/**
 * Writes the rank features of a cell: `Φ⁻¹(u)`, the standardized value, and `sin, cos(2ᵏ·2πu)` for k = 0, …, 4.
 *
 * @param rank u, the share of the values below it.
 */
export function writeRankFeatures(rank: number, standardized: number, features: Float32Array, at: number): void {
  const u = Math.min(Math.max(rank, 1e-6), 1 - 1e-6);
  features[at] = normalQuantile(u);
  features[at + 1] = Math.min(Math.max(standardized, -5), 5);
  let [sine, cosine] = [Math.sin(2 * Math.PI * u), Math.cos(2 * Math.PI * u)];
  for (let k = 0; k < RANK_FREQUENCIES; k++) {
    features[at + 2 + 2 * k] = sine;
    features[at + 3 + 2 * k] = cosine;
    // The next octave: sin 2a = 2 sin a cos a, cos 2a = 1 − 2 sin² a.
    [sine, cosine] = [2 * sine * cosine, 1 - 2 * sine * sine];
  }
}

/** Writes `sin, cos(2πk·x/period)` of each cycle for k = 1, 2, 4, 8, which are near for numbers that are near on the cycle. */
export function writeCycleFeatures(x: number, cycles: readonly number[], features: Float32Array, from: number): void {
  let at = from;
  for (const period of cycles) {
    // The rest of a division is exact, the sine of a large number is not.
    const angle = (2 * Math.PI * (x % period)) / period;
    for (const k of CYCLE_FREQUENCIES) {
      features[at++] = Math.sin(k * angle);
      features[at++] = Math.cos(k * angle);
    }
  }
}
