import * as tf from "@tensorflow/tfjs-core";
import { compareArrays } from "../law/compare-arrays.ts";
import { Comparison, type Measurement } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import { compareGradients, onBothBackends } from "../law/on-both-backends.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { gradients } from "./log-prob-gradients.ts";

export async function backendsAgree(trial: DistributionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  // Both backends score the draws of the first, so that an error of a draw does not count twice.
  let x: Float32Array | undefined;
  const run = (): { sample: Float32Array; logProb: Float32Array; gradients: Float32Array } =>
    inTidy(() => {
      const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
      const sample = hostCopy(distribution.sample(trial.key, [64]));
      x ??= sample;
      const shape = [64, ...distribution.batchShape, ...distribution.eventShape];
      const logProb = hostCopy(distribution.logProb(tf.tensor(x, shape)));
      const g = gradients(trial);
      return { sample, logProb, gradients: flatten([g.x, ...g.parameters.values()]) };
    });
  const [cpu, wasm] = await onBothBackends(run);
  compareArrays(comparison, wasm.sample, cpu.sample, "sample on wasm");
  compareArrays(comparison, wasm.logProb, cpu.logProb, "logProb on wasm");
  compareGradients(wasm.gradients, cpu.gradients, trial.tolerances.backendGradients, "logProb");
  return comparison.result();
}

function flatten(arrays: readonly (Float32Array | undefined)[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...(array ?? [])]));
}
