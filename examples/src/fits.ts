import {
  type AveragingOptions,
  auto,
  type ConditionalFlow,
  columnStatistics,
  isDistribution,
  type Key,
  type NdArray,
  nsf,
  type Parameter,
  PositiveLinear,
  train,
} from "pushforward";
import type { Fitted } from "./compare.ts";
import type { Lab } from "./lab.ts";
import { processorSeconds } from "./measures.ts";

/**
 * How ours are trained where nothing else is said: by the defaults of the library, with averages of the weights, on one
 * thread, so that the figures do not depend on the machine.
 */
export function ourSettings(lab: Lab): {
  readonly averaging: AveragingOptions;
  readonly threads: 1;
  readonly epochs?: number;
} {
  return { averaging: { decay: 0.99 }, threads: 1, ...(lab.quick && { epochs: 2 }) };
}

/** The default of the command line: no choice to make. */
export async function byAuto(lab: Lab, x: NdArray, key: Key): Promise<Fitted> {
  const result = await auto({ x }, { key, threads: 1, ...(lab.quick && { epochs: 2 }) });
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

/** Our posterior of simulated parameters, given the statistics of their simulations. */
export async function posteriorOf(
  lab: Lab,
  _box: { readonly low: readonly number[]; readonly high: readonly number[] },
  parameters: NdArray,
  data: NdArray,
  key: Key,
): Promise<{ readonly model: ConditionalFlow; readonly seconds: number }> {
  const model = nsf({
    features: parameters.shape[1] as number,
    context: data.shape[1] as number,
    standardise: columnStatistics(parameters),
    standardiseContext: columnStatistics(data),
    residual: true,
    key,
  });
  const result = await train(model, { x: parameters, context: data }, { key, ...ourSettings(lab) });
  return { model, seconds: processorSeconds(result) };
}
