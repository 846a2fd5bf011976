import { OptionError } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import type { IntegerRange } from "./distribution-case.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

/** Probabilities of the integers `low`, `low + 1`, … of a case, for each member of the batch. */
export function integerMasses(trial: DistributionTrial): { low: number; masses: Float64Array[] } {
  const { low, high } = trial.theCase.integers as IntegerRange;
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const { batchShape, eventShape } = distribution;
  if (sizeOf(eventShape) !== 1) {
    throw new OptionError(`distributionLaws: expected events of one integer to sum over, got ${sizeOf(eventShape)}.`);
  }
  const [members, count] = [sizeOf(batchShape), high - low + 1];
  const values = Float32Array.from({ length: count * members }, (_, i) => low + Math.floor(i / members));
  const logProb = inTidy(() =>
    hostCopy(distribution.logProb(tf.tensor(values, [count, ...batchShape, ...eventShape]))),
  );
  const masses = Array.from({ length: members }, (_, m) =>
    Float64Array.from({ length: count }, (_, k) => Math.exp(logProb[k * members + m] as number)),
  );
  return { low, masses };
}
