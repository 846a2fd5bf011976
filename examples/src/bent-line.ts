import { type Key, type NdArray, ndArray } from "pushforward";
import type { Target } from "./compare.ts";

const NOISE = 0.05;
const CELLS = 2000;

/** Where the simulator puts x without noise. */
const bend = (theta: number): number => theta + 0.3 * Math.sin(2 * Math.PI * theta);

/**
 * The 1-D simulator of the notebook, `x = θ + 0.3 sin 2πθ + 0.05 ε`, θ uniform on [0, 1], and its exact posterior: for a
 * single θ, Bayes' formula on a grid is exact to rounding.
 */
export const bentLine: Target & {
  /** Density of θ given x at the middles of the cells of [0, 1]. */
  posterior(x: number): { readonly theta: Float64Array; readonly density: Float64Array };
} = {
  // The means of −log p(θ | x) and of −log of the Gaussian with the mean and variance of p(θ | x), summed over a grid.
  entropy: -1.226269,
  gaussianLimit: -0.578063,
  sample(key: Key, count: number) {
    const theta = Float64Array.from(key.fold("theta").uniform(count));
    const noise = key.fold("noise").normal(count);
    const x = theta.map((value, i) => bend(value) + NOISE * (noise[i] as number));
    return { x: ndArray([count, 1], theta), context: ndArray([count, 1], x) };
  },
  logProb(theta: NdArray, x: NdArray) {
    return theta.data.map(
      (value, i) => logLikelihood(x.data[i] as number, value) - logEvidence(x.data[i] as number),
    ) as Float64Array;
  },
  posterior(x) {
    const theta = Float64Array.from({ length: CELLS }, (_, i) => (i + 0.5) / CELLS);
    const evidence = logEvidence(x);
    return { theta, density: theta.map((value) => Math.exp(logLikelihood(x, value) - evidence)) };
  },
};

function logLikelihood(x: number, theta: number): number {
  return -0.5 * ((x - bend(theta)) / NOISE) ** 2 - Math.log(NOISE * Math.sqrt(2 * Math.PI));
}

function logEvidence(x: number): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += Math.exp(logLikelihood(x, (i + 0.5) / CELLS));
  return Math.log(sum / CELLS);
}
