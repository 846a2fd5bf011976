import type { Distribution, Key } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { type Gradients, hostGradients } from "../gradients/host-gradients.ts";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

/** Gradients of the mean log-density for x and the trainable parameters, at samples of the distribution itself. */
export function gradients(trial: DistributionTrial): Gradients {
  return inTidy(() => {
    const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const x = tf.tensor(
      drawnOnce(distribution, trial.key),
      [64, ...distribution.batchShape, ...distribution.eventShape],
      "float32",
    );
    return hostGradients(() => tf.mean(distribution.logProb(x)), { x }, trial.parameters);
  });
}

function drawnOnce(distribution: Distribution, key: Key): Float32Array {
  return inTidy(() => hostCopy(distribution.sample(key.fold("points"), [64])));
}
