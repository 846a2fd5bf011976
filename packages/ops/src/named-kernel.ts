import * as tf from "@tensorflow/tfjs-core";

/** Numbers, flags and names that an op takes beside its tensors; part of the contract of its kernel. */
export type KernelAttributes = Readonly<Record<string, number | boolean | string>>;

/** The seam between an op and the kernels of the backends. */
export interface NamedKernel {
  /** The name under which a backend may register a fused kernel; `<name>Grad` is that of its gradient. */
  readonly name: string;
  /** The op in plain tfjs ops: right on every backend, and differentiable. */
  readonly fallback: (inputs: readonly tf.Tensor[], attributes: KernelAttributes) => tf.Tensor[];
}

/**
 * Runs an op: by the fused kernel of the running backend where one is registered under its name, by plain ops where
 * none is. Callers never know.
 *
 * A fused kernel gets its inputs as an array and returns an array, in the order of the fallback. Its gradient is the
 * kernel `<name>Grad`: it gets the same inputs followed by the gradients of the outputs, and returns the gradient of
 * each input. Where no such kernel is registered the fallback is differentiated.
 */
export function runNamedKernel(
  kernel: NamedKernel,
  inputs: readonly tf.Tensor[],
  attributes: KernelAttributes = {},
): tf.Tensor[] {
  // Derivatives of derivatives go through the fallback: a fused gradient has none.
  const isFused = tf.getKernel(kernel.name, tf.getBackend()) !== undefined && tf.engine().state.gradientDepth < 2;
  if (!isFused) return kernel.fallback(inputs, attributes);
  if (tf.getGradient(kernel.name) === undefined) tf.registerGradient(gradientOf(kernel));
  return runKernel(kernel.name, inputs, attributes);
}

function gradientOf(kernel: NamedKernel): tf.GradConfig {
  return {
    kernelName: kernel.name,
    saveAllInputs: true,
    gradFunc: (dy, inputs, attributes) => {
      const outputGradients = Array.isArray(dy) ? dy : [dy];
      const fused = `${kernel.name}Grad`;
      const gradients =
        tf.getKernel(fused, tf.getBackend()) === undefined
          ? differentiate((x) => kernel.fallback(x, attributes as KernelAttributes), inputs, outputGradients)
          : runKernel(fused, [...inputs, ...outputGradients], attributes as KernelAttributes);
      return Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
    },
  };
}

// tf.gradients owns the tape: run inside a backward pass, it would drop the one that is being walked.
function differentiate(
  f: (inputs: readonly tf.Tensor[]) => tf.Tensor[],
  inputs: readonly tf.Tensor[],
  outputGradients: readonly tf.Tensor[],
): tf.Tensor[] {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return tf.tidy(() => {
      const loss = (...x: tf.Tensor[]): tf.Tensor =>
        tf.addN(f(x).map((output, i) => tf.sum(tf.mul(output, outputGradients[i] as tf.Tensor))));
      return tf.grads(loss)([...inputs]);
    });
  } finally {
    state.activeTape = tape;
  }
}

function runKernel(name: string, inputs: readonly tf.Tensor[], attributes: KernelAttributes): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, { ...attributes });
  return Array.isArray(outputs) ? outputs : [outputs as tf.Tensor];
}
