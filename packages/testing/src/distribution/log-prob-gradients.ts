import type { Distribution, Key } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { hostCopy } from "../bijection/side.ts";
import { inTidy } from "../law/in-tidy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

// Gradients of the mean log-density for x and the trainable parameters, at draws of the distribution itself.
export function gradients(trial: DistributionTrial): {
  readonly x: Float32Array | undefined;
  readonly parameters: Map<string, Float32Array | undefined>;
} {
  const trainable = [...trial.parameters].filter(([, parameter]) => parameter.trainable);
  return inTidy(() => {
    const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const x = tf.tensor(
      drawnOnce(distribution, trial.key),
      [64, ...distribution.batchShape, ...distribution.eventShape],
      "float32",
    );
    const loss = (): tf.Scalar => tf.mean(distribution.logProb(x));
    const { grads } = tf.engine().gradients(loss, [x, ...trainable.map(([, p]) => p.variable)], undefined, true);
    const found = (grads as (tf.Tensor | null | undefined)[]).map((g) => (g ? hostCopy(g) : undefined));
    return {
      x: found[0],
      parameters: new Map(trainable.map(([path], i) => [path, found[i + 1]])),
    };
  });
}

function drawnOnce(distribution: Distribution, key: Key): Float32Array {
  return inTidy(() => hostCopy(distribution.sample(key.fold("points"), [64])));
}
