import type { Key } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Independent signs, 1 or −1 with probability ½ each: probes of mean 0 and covariance I. */
export function randomSigns(key: Key, shape: number[]): tf.Tensor {
  return tf.tensor(
    key.uniform(sizeOf(shape)).map((u) => (u < 0.5 ? -1 : 1)),
    shape,
  );
}
