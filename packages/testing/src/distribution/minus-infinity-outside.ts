import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { formatValues, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

export function minusInfinityOutside(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const members = sizeOf(distribution.batchShape);
  for (const event of trial.theCase.outside ?? []) {
    const values = Float32Array.from({ length: members * event.length }, (_, i) => event[i % event.length] as number);
    const x = tf.tensor(values, [...distribution.batchShape, ...distribution.eventShape]);
    const found = hostCopy(distribution.logProb(x));
    if (found.some((v) => v !== Number.NEGATIVE_INFINITY)) {
      throw new Violation("a log-density of -Infinity", formatValues(found), formatValues(event));
    }
  }
  return KEPT;
}
