import type { ConditionalDistribution, Distribution, Registry } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { copyThroughCodec } from "../law/copy-through-codec.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { requireShape } from "./shapes.ts";

export function codecRoundTrip(trial: DistributionTrial, registry: Registry): Measurement {
  const copy = copyThroughCodec(trial.value, registry) as Distribution | ConditionalDistribution;
  try {
    const before = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const after = distributionAt(copy, trial.theCase, trial.key, 2);
    requireShape("batch of the decoded object", after.batchShape, before.batchShape);
    requireShape("event of the decoded object", after.eventShape, before.eventShape);
    const x = before.sample(trial.key, [64]);
    requireSame(hostCopy(after.sample(trial.key, [64])), hostCopy(x), "sample");
    requireSame(hostCopy(after.logProb(x)), hostCopy(before.logProb(x)), "logProb");
  } finally {
    if (isModule(copy)) copy.dispose();
  }
  return KEPT;
}

function requireSame(got: Float32Array, expected: Float32Array, what: string): void {
  const i = expected.findIndex((v, at) => !Object.is(v, got[at]));
  if (i >= 0) {
    throw new Violation(`${what} of the decoded object to be bit-identical: ${expected[i]}`, String(got[i]));
  }
}
