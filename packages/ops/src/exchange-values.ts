import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "./kernel-memory.ts";
import type { KernelOverride } from "./kernel-override.ts";
import { unshare } from "./unshare.ts";

const EXCHANGE_KERNEL = "PushforwardExchange";

/** Two variables of one shape and type. */
export type VariablePair = readonly [tf.Variable, tf.Variable];

/**
 * Each variable of a pair gets the values of the other, all at once. On `wasm` the values move and the memory stays, so that
 * what is bound to the memory of a variable, a plan for instance, remains so. A tensor that shares the data of a variable,
 * a clone for instance, keeps its values.
 *
 * @example
 * exchangeValues([[weight, average]]);
 */
export function exchangeValues(pairs: readonly VariablePair[]): void {
  if (tf.getKernel(EXCHANGE_KERNEL, tf.getBackend()) === undefined) {
    tf.tidy(() => {
      for (const [a, b] of pairs) {
        const values = tf.clone(a);
        a.assign(b);
        b.assign(values);
      }
    });
    return;
  }
  const inputs = pairs.flat();
  for (const variable of inputs) unshare(variable);
  tf.engine().runKernel(EXCHANGE_KERNEL, inputs as unknown as tf.NamedTensorMap);
}

/** The kernel of {@link exchangeValues} for the `cpu` and the `wasm` backend. Its inputs are the pairs; it has no output. */
export const exchangeKernel: KernelOverride = {
  kernelName: EXCHANGE_KERNEL,
  make: () => (call) => {
    const infos = call.inputs as unknown as tf.TensorInfo[];
    const memory = kernelMemory(call.backend);
    for (let i = 0; i < infos.length; i += 2) {
      memory.exchange(infos[i] as tf.TensorInfo, infos[i + 1] as tf.TensorInfo);
    }
    return [];
  },
};
