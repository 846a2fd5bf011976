import * as tf from "@tensorflow/tfjs-core";
import { runKernel } from "../tfjs/kernel-call.ts";
import { unshare } from "../tfjs/unshare.ts";

/** The name of the kernel of {@link exchangeValues}. */
export const EXCHANGE_KERNEL = "PushforwardExchange";

/**
 * Float32 variables get the numbers that others have waiting for them in one variable, one after the other, and leave theirs
 * there. On `wasm` the numbers move and the memory stays, so that what is bound to the memory of a variable, a plan for
 * instance, remains so. A tensor that shares the data of a variable, a clone for instance, keeps its values.
 *
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
