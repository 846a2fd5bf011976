import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { DistributionTrial } from "./distribution-trial.ts";
import { gradients } from "./log-prob-gradients.ts";

export function everyParameterLearns(trial: DistributionTrial): Measurement {
  const { parameters } = gradients(trial);
  const silent = [...parameters].filter(([, gradient]) => !gradient?.some((v) => v !== 0)).map(([path]) => path);
  if (silent.length > 0) {
    throw new Violation("a non-zero gradient for every trainable parameter", `none for ${silent.join(", ")}`);
  }
  return KEPT;
}
