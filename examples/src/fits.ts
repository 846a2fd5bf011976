import {
  type AveragingOptions,
  type ConditionalFlow,
  fitAuto,
  type Key,
  type NdArray,
  type Parameter,
  PositiveLinear,
  Uniform,
} from "pushforward";
import { isDistribution } from "pushforward/extend";
import { fitNpe } from "pushforward/inference";
import type { Fitted } from "./compare.ts";
import type { Lab } from "./lab.ts";
import { processorSeconds } from "./measures.ts";

/**
 * Default settings for training our models: the defaults of the library, with averages of the weights, on a single
 * thread, so that the results do not depend on the machine.
 */
export function ourSettings(lab: Lab): {
  readonly averaging: AveragingOptions;
  readonly threads: 1;
  readonly maxEpochs?: number;
} {
  return { averaging: { decay: 0.99 }, threads: 1, ...(lab.quick && { maxEpochs: 2 }) };
}

/** The default of the command line: no choice to make. */
export async function byAuto(lab: Lab, x: NdArray, key: Key): Promise<Fitted> {
  const result = await fitAuto({ x }, { key, threads: 1, ...(lab.quick && { maxEpochs: 2 }) });
  const { model } = result;
  if (!isDistribution(model)) throw new TypeError("byAuto: expected a distribution without context.");
  return { model, seconds: processorSeconds(result) };
}

/** `PositiveLinearTransform` of the original: Xavier-uniform logarithms, and a bias that starts at 1. */
export function originalPositiveLinear(features: number, key: Key): PositiveLinear {
  const transform = new PositiveLinear({ features, key });
  (transform.parameters().get("shift") as Parameter).write(new Float32Array(features).fill(1));
  return transform;
}

/** The box of a uniform prior. */
export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Our posterior of simulated parameters given data, by a spline flow that has no mass outside of the prior. */
export async function byNpe(
  lab: Lab,
  prior: Box,
  parameters: NdArray,
  data: NdArray,
  key: Key,
): Promise<{ readonly model: ConditionalFlow; readonly seconds: number }> {
  const problem = { prior: new Uniform(prior), simulations: { parameters, data } };
  const { threads, ...training } = ourSettings(lab);
  const result = await fitNpe(problem, { key, threads, density: "nsf", training });
  return { model: result.posterior, seconds: processorSeconds(result) };
}
