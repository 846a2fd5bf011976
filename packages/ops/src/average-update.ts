import * as tf from "@tensorflow/tfjs-core";
import { AVERAGE_KERNEL, hostAverage } from "./average-kernel.ts";
import { unshare } from "./unshare.ts";

/** A moving average, and what it follows. Both have one shape. */
export interface AverageTarget {
  readonly average: tf.Variable;
  readonly value: tf.Variable;
}

/**
 * `e ← decay·e + (1 − decay)·θ` for all targets at once, in float32 and with the same bits on every backend; where a kernel
 * runs, in place. An average of what never moves has its bits, and with decay 0 it is the value itself. A tensor that
 * shares the data of an average, a clone for instance, keeps its values.
 *
 * @param decay from 0 to below 1.
 * @example
 * averageUpdate([{ average, value }], 0.99);
 */
export function averageUpdate(targets: readonly AverageTarget[], decay: number): void {
  if (tf.getKernel(AVERAGE_KERNEL, tf.getBackend()) === undefined) {
    updateOnHost(targets, decay);
    return;
  }
  const count = targets.length;
  const inputs = new Array<tf.Tensor>(2 * count);
  for (const [i, { average, value }] of targets.entries()) {
    unshare(average);
    inputs[i] = average;
    inputs[i + count] = value;
  }
  tf.engine().runKernel(AVERAGE_KERNEL, inputs as unknown as tf.NamedTensorMap, { decay });
}

function updateOnHost(targets: readonly AverageTarget[], decay: number): void {
  tf.tidy(() => {
    for (const { average, value } of targets) {
      // A copy: a backend may hand out its own array.
      const moved = average.dataSync().slice() as Float32Array;
      hostAverage.moveAverage(moved, value.dataSync() as Float32Array, decay);
      average.assign(tf.tensor(moved, average.shape, "float32"));
    }
  });
}
