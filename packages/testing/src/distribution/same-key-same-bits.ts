import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

export function sameKeySameBits(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const [otherKey] = trial.key.split(1);
  const first = hostCopy(distribution.sample(trial.key, [50]));
  const again = hostCopy(distribution.sample(trial.key, [50]));
  const other = hostCopy(distribution.sample(otherKey, [50]));
  const i = first.findIndex((v, at) => !Object.is(v, again[at]));
  if (i >= 0) throw new Violation(`the same draw for the same key, ${first[i]}`, String(again[i]));
  if (first.every((v, at) => v === other[at])) throw new Violation("other draws for another key", "the same");
  return KEPT;
}
