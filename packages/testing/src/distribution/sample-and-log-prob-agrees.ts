import { compareArrays } from "../law/compare-arrays.ts";
import { Comparison, type Measurement } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

export function sampleAndLogProbAgrees(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const comparison = new Comparison(trial.tolerances.same);
  const [x, logProb] = distribution.sampleAndLogProb(trial.key, [trial.points]);
  const sample = hostCopy(distribution.sample(trial.key, [trial.points]));
  compareArrays(comparison, hostCopy(x), sample, "sample of sampleAndLogProb against sample");
  const evaluated = hostCopy(distribution.logProb(x));
  compareArrays(comparison, hostCopy(logProb), evaluated, "log-density of sampleAndLogProb against logProb");
  return comparison.result();
}
