import * as tf from "@tensorflow/tfjs-core";
import { runKernel } from "../tfjs/kernel-call.ts";
import { unshare } from "../tfjs/unshare.ts";
import { AVERAGE_KERNEL, hostAverage } from "./average-arithmetic.ts";

/**
 * Moving averages of float32 variables: `e ← decay·e + (1 − decay)·θ` for all at once, in float32 and with the same bits on
 * every backend; where a kernel runs, in place. An average of what never moves has its bits, and with decay 0 it is the
 * value itself. A tensor that shares the data of the averages, a clone for instance, keeps its values.
 *
 * @param averages all of them in one variable, one after the other.
 * @param decay from 0 to below 1.
 * @example
 * const [weight, bias] = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.scalar(3))];
 * const averages = tf.variable(tf.tensor1d([0, 0, 0]));
 * averageUpdate(averages, [weight, bias], 0.99);
 * averages; // → [0.01, 0.02, 0.03]
 */
export function averageUpdate(averages: tf.Variable, values: readonly tf.Variable[], decay: number): void {
  if (tf.getKernel(AVERAGE_KERNEL, tf.getBackend()) === undefined) {
    updateOnHost(averages, values, decay);
    return;
  }
  unshare(averages);
  runKernel(AVERAGE_KERNEL, [averages, ...values], { decay });
}

function updateOnHost(averages: tf.Variable, values: readonly tf.Variable[], decay: number): void {
  // A copy: a backend may hand out its own array.
  const moved = averages.dataSync().slice() as Float32Array;
  let start = 0;
  for (const value of values) {
    hostAverage.moveAverage(moved, start, value.dataSync() as Float32Array, decay);
    start += value.size;
  }
  tf.tidy(() => averages.assign(tf.tensor(moved, averages.shape, "float32")));
}
