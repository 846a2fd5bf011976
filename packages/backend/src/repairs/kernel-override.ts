import type { TypedKernel } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";

/** Replacement for the kernel of the same name. It may delegate to the original kernel. */
export interface KernelOverride {
  readonly kernelName: string;
  /** The new kernel function, made from the one that it replaces, which a backend may lack. */
  readonly make: (original: tf.KernelFunc | undefined) => tf.KernelFunc;
}

/** Creates a {@link KernelOverride} for an existing kernel with one output tensor or several. */
export function kernelOverride<
  Inputs,
  Attributes = undefined,
  Output extends tf.TensorInfo | tf.TensorInfo[] = tf.TensorInfo,
>(
  kernelName: string,
  make: (original: TypedKernel<Inputs, Attributes, Output>) => TypedKernel<Inputs, Attributes>,
): KernelOverride {
  return { kernelName, make: make as unknown as KernelOverride["make"] };
}
