import { Comparison, type Measurement } from "../law/comparison.ts";
import { compareGradients, onBothBackends } from "../law/on-both-backends.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { compareOutputs } from "./compare-outputs.ts";
import {
  gradientsOf,
  type Inputs,
  moderateInputs,
  type Outputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
} from "./side.ts";

export async function backendsAgree(trial: BijectionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  const run = (): { side: Side; inputs: Inputs; found: Outputs; gradients: Float32Array }[] =>
    sidesOf(trial.value, trial.theCase).map((side) => {
      const inputs = moderateInputs(side, trial.key.fold(side.name), 64);
      const g = gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key));
      const gradients = Float32Array.from([g.x, ...g.parameters.values()].flatMap((array) => [...(array ?? [])]));
      return { side, inputs, found: outputs(side, inputs), gradients };
    });
  const [cpu, wasm] = await onBothBackends(run);
  for (const [i, { side, inputs, found, gradients }] of wasm.entries()) {
    const reference = cpu[i] as (typeof cpu)[number];
    compareOutputs(comparison, found.value, reference.found.value, inputs, `${side.name} on wasm`);
    compareOutputs(comparison, found.logDet, reference.found.logDet, inputs, `log-det of ${side.name} on wasm`);
    compareGradients(gradients, reference.gradients, trial.tolerances.backendGradients, side.name);
  }
  return comparison.result();
}
