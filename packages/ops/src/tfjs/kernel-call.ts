// The only place that tells the compiler what TensorFlow.js passes to kernels and gets from them: its own types say only
// that it is something.
import * as tf from "@tensorflow/tfjs-core";

/** What a kernel is called with. */
export interface KernelCall<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly backend: object;
  readonly attrs: Attributes;
}

/** A kernel that knows what it is called with. */
export type TypedKernel<Inputs, Attributes, Output = tf.TensorInfo | tf.TensorInfo[]> = (
  call: KernelCall<Inputs, Attributes>,
) => Output;

/** A kernel as TensorFlow.js registers it. */
export function kernelFunc<Inputs, Attributes = undefined>(kernel: TypedKernel<Inputs, Attributes>): tf.KernelFunc {
  return kernel as unknown as tf.KernelFunc;
}

/** Calls a kernel past the engine: nothing is on the tape, and there is nothing for the engine to keep. */
export function callKernel(
  kernel: tf.KernelFunc,
  { inputs, backend, attrs }: KernelCall<object, object>,
): tf.TensorInfo | tf.TensorInfo[] {
  return kernel({ inputs: inputs as tf.NamedTensorInfoMap, backend, attrs: attrs as tf.NamedAttrMap });
}

/** Runs the kernel of that name of the running backend on a list of tensors. */
export function runKernel(name: string, inputs: readonly tf.Tensor[], attributes: object = {}): tf.Tensor[] {
  const named = inputs as unknown as tf.NamedTensorMap;
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, named, attributes as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * The gradient of a kernel that runs on a list of tensors.
 *
 * @param gradients those of the inputs, from those of the outputs and what is saved.
 */
export function listGradient<Attributes extends object>(
  kernelName: string,
  gradients: (outputs: readonly tf.Tensor[], saved: readonly tf.Tensor[], attributes: Attributes) => tf.Tensor[],
): tf.GradConfig {
  return {
    kernelName,
    gradFunc: (dy, saved, attributes: object) => {
      const all = gradients(Array.isArray(dy) ? dy : [dy], saved, attributes as Attributes);
      return Object.fromEntries(all.map((gradient, i) => [i, () => gradient]));
    },
  };
}
