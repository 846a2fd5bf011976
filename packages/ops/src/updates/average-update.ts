import * as tf from "@tensorflow/tfjs-core";
import { runKernel, unshare } from "../tfjs/kernel-call.ts";

/**
 * Moving averages of float32 variables: `e ← decay·e + (1 − decay)·θ` for all at once, in float32 and with the same
 * bits on every backend, and in place if a kernel runs. The average of a constant value has the same bits as the value,
 * and with decay 0 it is the value itself. A tensor that shares the data of the averages, for instance a clone, keeps
 * its values.
 *
 * @param averages all averages in one variable, concatenated.
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

/** The name of the kernel of `averageUpdate`. */
export const AVERAGE_KERNEL = "PushforwardAverage";

/** The arithmetic of a moving average. The same bits wherever it is computed. */
export interface AverageArithmetic {
  /** `average ← decay·average + (1 − decay)·values` for the averages from `start` on, in float32. */
  moveAverage(averages: Float32Array, start: number, values: Float32Array, decay: number): void;
}

/** The arithmetic on the host. */
export const hostAverage: AverageArithmetic = {
  // One rounding to float32 after each operation gives the bits of float32 arithmetic.
  moveAverage(averages, start, values, decay) {
    const { fround } = Math;
    // From the end that weighs more: what is added is then small, and so is the error of its weight.
    const isShort = decay < 0.5;
    const weight = fround(isShort ? decay : 1 - decay);
    for (let i = 0; i < values.length; i++) {
      const a = averages[start + i] as number;
      const v = values[i] as number;
      averages[start + i] = isShort
        ? fround(v + fround(weight * fround(a - v)))
        : fround(a + fround(weight * fround(v - a)));
    }
  },
};

/** The name of the kernel of {@link exchangeValues}. */
export const EXCHANGE_KERNEL = "PushforwardExchange";

/**
 * Exchanges the values of float32 variables with numbers waiting in a single variable, concatenated. On `wasm` the
 * numbers move and the memory stays, so that an object bound to the memory of a variable, for instance a plan, remains
 * bound. A tensor that shares the data of a variable, for instance a clone, keeps its values.
 * @example
 * const [weight, bias] = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.scalar(3))];
 * const averages = tf.variable(tf.tensor1d([4, 5, 6]));
 * exchangeValues(averages, [weight, bias]);
 * averages; // → [1, 2, 3]
 * bias; // → 6
 */
export function exchangeValues(waiting: tf.Variable, variables: readonly tf.Variable[]): void {
  if (tf.getKernel(EXCHANGE_KERNEL, tf.getBackend()) === undefined) {
    exchangeOnHost(waiting, variables);
    return;
  }
  const inputs = [waiting, ...variables];
  for (const variable of inputs) unshare(variable);
  runKernel(EXCHANGE_KERNEL, inputs);
}

function exchangeOnHost(waiting: tf.Variable, variables: readonly tf.Variable[]): void {
  tf.tidy(() => {
    const all = waiting.dataSync();
    const next = all.slice();
    let start = 0;
    const parts = variables.map((variable) => {
      const part = all.slice(start, start + variable.size);
      next.set(variable.dataSync(), start);
      start += variable.size;
      return tf.tensor(part, variable.shape, "float32");
    });
    for (const [i, variable] of variables.entries()) variable.assign(parts[i] as tf.Tensor);
    waiting.assign(tf.tensor(next, waiting.shape, "float32"));
  });
}
