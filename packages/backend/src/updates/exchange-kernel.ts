import { EXCHANGE_KERNEL } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "../repairs/kernel-override.ts";

/** The kernel of `exchangeValues` for the `cpu` and the `wasm` backend. It has no output. */
export const exchangeKernel: KernelOverride = kernelOverride<readonly [tf.TensorInfo, ...tf.TensorInfo[]]>(
  EXCHANGE_KERNEL,
  () =>
    ({ inputs: [waiting, ...variables], backend }) => {
      const memory = kernelMemory(backend);
      memory.change(waiting, (all) => {
        let start = 0;
        for (const variable of variables) {
          memory.change(variable, (own) => {
            const part = all.subarray(start, start + own.length);
            const values = own.slice();
            own.set(part);
            part.set(values);
            start += own.length;
          });
        }
      });
      return [];
    },
);
