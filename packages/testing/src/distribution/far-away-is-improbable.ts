import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

// A row beyond what float32 can square is the least probable of all: −Infinity or a finite number, never NaN.
export function farAwayIsImprobable(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const inside = hostCopy(distribution.sample(trial.key, [1]));
  const signs = trial.key.fold("signs").uniform(inside.length);
  for (const distance of [1e10, 1e20, 1e30, 3e38, Number.POSITIVE_INFINITY]) {
    for (const which of ["one element", "every element"]) {
      const x = inside.map((v, i) => {
        const moves = which === "every element" || i % size === 0;
        return moves ? ((signs[i] as number) < 0.5 ? -distance : distance) : v;
      });
      const found = hostCopy(
        distribution.logProb(tf.tensor(x, [...distribution.batchShape, ...distribution.eventShape])),
      );
      const near = hostCopy(
        distribution.logProb(tf.tensor(inside, [...distribution.batchShape, ...distribution.eventShape])),
      );
      for (let m = 0; m < members; m++) {
        if (!((found[m] as number) <= Math.max(near[m] as number, 0))) {
          throw new Violation(
            "−Infinity or a small log-density",
            String(found[m]),
            `${which} at a distance of ${distance}`,
          );
        }
      }
    }
  }
  return KEPT;
}
