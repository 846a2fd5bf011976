import type * as tf from "@tensorflow/tfjs-core";

/** A kernel that replaces the one of the same name; it may delegate to it. */
export interface KernelOverride {
  readonly kernelName: string;
  /** The new kernel function, made from the one that it replaces, which a backend may lack. */
  readonly make: (original: tf.KernelFunc | undefined) => tf.KernelFunc;
}
