import { auto, isDistribution, type Key, type NdArray, type Parameter, PositiveLinear } from "pushforward";
import type { Fitted } from "./compare.ts";
import type { Lab } from "./lab.ts";

/** The default of the command line: no choice to make. */
export async function byAuto(lab: Lab, x: NdArray, key: Key): Promise<Fitted> {
  const { model, seconds } = await auto({ x }, { key, threads: 1, ...(lab.quick && { epochs: 2 }) });
  if (!isDistribution(model)) throw new TypeError("byAuto: expected a distribution without context.");
  return { model, seconds };
}

/** `PositiveLinearTransform` of the original: Xavier-uniform logarithms, and a bias that starts at 1. */
export function originalPositiveLinear(features: number, key: Key): PositiveLinear {
  const transform = new PositiveLinear({ features, key });
  (transform.parameters().get("shift") as Parameter).write(new Float32Array(features).fill(1));
  return transform;
}
