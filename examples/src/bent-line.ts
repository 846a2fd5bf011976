import { type Key, logProbRows, type NdArray, ndArray } from "pushforward";
import { densityPlot1d } from "pushforward/plots";
import type { Model, Target } from "./compare.ts";

const NOISE = 0.05;
const CELLS = 2000;

/** Where the simulator puts x without noise. */
const bend = (theta: number): number => theta + 0.3 * Math.sin(2 * Math.PI * theta);

/**
 * The 1-D simulator of the notebook, `x = θ + 0.3 sin 2πθ + 0.05 ε`, θ uniform on [0, 1], and its exact posterior: for a
 * single θ, Bayes' formula on a grid is exact to rounding.
 */
export const bentLine: Required<Target> = {
  // The means of −log p(θ | x) and of −log of the Gaussian with the mean and variance of p(θ | x), summed over a grid.
  entropy: -1.226269,
  gaussianLimit: -0.578063,
  sample(key: Key, count: number) {
    const theta = Float64Array.from(key.fold("theta").uniform(count));
    const noise = key.fold("noise").normal(count);
    const x = theta.map((value, i) => bend(value) + NOISE * (noise[i] as number));
    return { x: ndArray([count, 1], theta), context: ndArray([count, 1], x) };
  },
  logProb: logPosterior,
};

/** Exact log p(θ | x), −∞ outside of [0, 1]. */
function logPosterior(theta: NdArray, x: NdArray): Float64Array {
  let [known, evidence] = [Number.NaN, 0];
  return Float64Array.from(theta.data, (value, i) => {
    const at = x.data[i] as number;
    if (at !== known) [known, evidence] = [at, logEvidence(at)];
    return value < 0 || value > 1 ? Number.NEGATIVE_INFINITY : logLikelihood(at, value) - evidence;
  });
}

function logLikelihood(x: number, theta: number): number {
  return -0.5 * ((x - bend(theta)) / NOISE) ** 2 - Math.log(NOISE * Math.sqrt(2 * Math.PI));
}

function logEvidence(x: number): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += Math.exp(logLikelihood(x, (i + 0.5) / CELLS));
  return Math.log(sum / CELLS);
}

/** Observed value of the notebook. */
const OBSERVED = 0.6;

/** Densities of θ at the middles of cells of [−0.2, 1.2], learned and true, given x = 0.6. */
function atObserved(model: Model): { theta: Float64Array; learned: Float64Array; truth: Float64Array } {
  const theta = Float64Array.from({ length: 700 }, (_, i) => -0.2 + (i + 0.5) / 500);
  const [points, context] = [ndArray([700, 1], theta), ndArray([700, 1], new Float64Array(700).fill(OBSERVED))];
  return {
    theta,
    learned: logProbRows(model, points, context).map(Math.exp),
    truth: logPosterior(points, context).map(Math.exp),
  };
}

/** `½ ∫ |q − p| dθ` at x = 0.6: the largest difference of the probabilities that both give to any set. */
export function totalVariation(model: Model): number {
  const { learned, truth } = atObserved(model);
  return learned.reduce((sum, value, i) => sum + Math.abs(value - (truth[i] as number)) / 1000, 0);
}

/** The learned posterior at x = 0.6 over the exact one. */
export function posteriorPicture(title: string, model: Model): string {
  const { theta, learned, truth } = atObserved(model);
  return densityPlot1d({
    title: `${title}: p(θ | x = 0.6)`,
    x: theta,
    density: learned,
    trueDensity: truth,
    xLabel: "θ",
    width: 420,
    height: 300,
  });
}
