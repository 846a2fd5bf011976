import { type Key, type NdArray, ndArray } from "pushforward";
import { logLikelihood, type Populations, type Rates, simulate, statistics } from "./lotka-volterra.ts";

/** The prior of the notebook: uniform on this box of (a, b). */
export const PRIOR = { low: [0.5, 0], high: [3.5, 0.5] } as const;

/** Parameters `[n, 2]`, the statistics `[n, 9]` of a simulation of each, and the number of dropped simulations. */
export interface Simulations {
  readonly theta: NdArray;
  readonly asWritten: NdArray;
  readonly corrected: NdArray;
  readonly dropped: number;
}

/** Simulates draws from the prior. Drops simulations with a statistic of the notebook that is NaN or beyond ±1e6. */
export function simulatePrior(key: Key, count: number): Simulations {
  const u = key.fold("prior").uniform(2 * count);
  const [theta, asWritten, corrected]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < count; i++) {
    const a = PRIOR.low[0] + (PRIOR.high[0] - PRIOR.low[0]) * (u[2 * i] as number);
    const b = PRIOR.low[1] + (PRIOR.high[1] - PRIOR.low[1]) * (u[2 * i + 1] as number);
    const populations = simulate([a, b], key.fold(i));
    const values = statistics(populations);
    if (!isUsable(values)) continue;
    theta.push(a, b);
    asWritten.push(...values);
    corrected.push(...statistics(populations, true));
  }
  const kept = theta.length / 2;
  const table = (values: number[]): NdArray => ndArray([kept, values.length / kept], Float64Array.from(values));
  return {
    theta: table(theta),
    asWritten: table(asWritten),
    corrected: table(corrected),
    dropped: count - kept,
  };
}

/** Returns a path with usable statistics, by the same rule as for the training data: the first usable draw. */
export function observe(truth: Rates, key: Key): Populations {
  for (let draw = 0; ; draw++) {
    const path = simulate(truth, key.fold(draw));
    if (isUsable(statistics(path))) return path;
  }
}

/** One row of statistics. */
export function statisticsRow(populations: Populations, corrected: boolean): NdArray {
  return ndArray([1, 9], Float64Array.from(statistics(populations, corrected)));
}

/**
 * Standard deviations of (a, b) under the exact posterior given all 1,000 points of a path of a = 1, b = 0.1, by a sum over
 * a grid: no summary can know more.
 */
export function exactSpread(path: Populations): readonly [number, number] {
  const side = 81;
  const at = (middle: number, k: number): number => middle * (0.8 + (0.4 * k) / (side - 1));
  const logs = Float64Array.from({ length: side * side }, (_, k) =>
    logLikelihood(path, [at(1, k % side), at(0.1, Math.floor(k / side))]),
  );
  const peak = logs.reduce((top, value) => Math.max(top, value), Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(5);
  for (const [k, value] of logs.entries()) {
    const [a, b, weight] = [at(1, k % side), at(0.1, Math.floor(k / side)), Math.exp(value - peak)];
    for (const [j, term] of [1, a, a * a, b, b * b].entries()) sums[j] = (sums[j] as number) + weight * term;
  }
  const [total, a, aa, b, bb] = sums as unknown as [number, number, number, number, number];
  return [Math.sqrt(aa / total - (a / total) ** 2), Math.sqrt(bb / total - (b / total) ** 2)];
}

/** By the rule of the notebook. */
function isUsable(values: readonly number[]): boolean {
  return values.every((value) => Math.abs(value) <= 1e6);
}
