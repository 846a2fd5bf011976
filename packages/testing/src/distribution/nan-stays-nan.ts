import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

export function nanStaysNan(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const x = hostCopy(distribution.sample(trial.key, [size + 1]));
  for (let row = 0; row < size; row++)
    for (let m = 0; m < members; m++) x[(row * members + m) * size + row] = Number.NaN;
  const shape = [size + 1, ...distribution.batchShape, ...distribution.eventShape];
  const found = hostCopy(distribution.logProb(tf.tensor(x, shape)));
  for (const [i, v] of found.entries()) {
    const row = Math.floor(i / members);
    if (row < size && !Number.isNaN(v)) throw new Violation("a log-density of NaN", String(v), `NaN as element ${row}`);
    if (row === size && Number.isNaN(v)) throw new Violation("a log-density free of other rows' NaN", "NaN");
  }
  return KEPT;
}
