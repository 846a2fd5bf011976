import * as tf from "@tensorflow/tfjs-core";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

interface Counting {
  incRef(id: object): void;
}

/**
 * The copy of a tensor. The one of `wasm` copies the values; within another kernel, where the tape keeps for the backward
 * pass what the kernel has read or made, both share them.
 */
export const identityKernel: KernelOverride = kernelOverride<{ readonly x: tf.TensorInfo }>(
  "Identity",
  (original) => (args) => {
    const { x } = args.inputs;
    // This kernel is the second of those that run. A clone that a user makes stays a copy.
    if (tf.engine().state.kernelDepth < 2 || x.dtype === "string") return original(args);
    (args.backend as Counting).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
);
