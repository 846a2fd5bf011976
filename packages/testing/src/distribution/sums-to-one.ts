import { Comparison, type Measurement } from "../law/comparison.ts";
import type { DistributionTrial } from "./distribution-trial.ts";
import { integerMasses } from "./integer-masses.ts";

export function sumsToOne(trial: DistributionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.integral);
  for (const [member, masses] of integerMasses(trial).masses.entries()) {
    const total = masses.reduce((a, b) => a + b, 0);
    comparison.add(total, 1, () => `batch member ${member}`);
  }
  return comparison.result();
}
