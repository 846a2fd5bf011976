import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { DistributionTrial } from "./distribution-trial.ts";
import { gradients } from "./log-prob-gradients.ts";

export function finiteGradients(trial: DistributionTrial): Measurement {
  const { x, parameters } = gradients(trial);
  const bad = x?.find((v) => !Number.isFinite(v));
  if (bad !== undefined) throw new Violation("a finite gradient of the log-density for x", String(bad));
  for (const [path, gradient] of parameters) {
    const worst = gradient?.find((v) => !Number.isFinite(v));
    if (worst !== undefined) {
      throw new Violation(`a finite gradient of the log-density for parameter "${path}"`, String(worst));
    }
  }
  return KEPT;
}
