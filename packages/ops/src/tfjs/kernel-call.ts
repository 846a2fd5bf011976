import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../maths/elementwise.ts";
import { releaseTape } from "./tape.ts";

// The only place that tells the compiler what TensorFlow.js passes to kernels and gets from them: its own types say only
// that it is something.

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

/** Throws an error out of a function that may be under differentiation, without leaving the tape's tensors behind. */
export function fail(error: Error): never {
  releaseTape();
  throw error;
}

/** Gives a variable data of its own, so that it can be changed where it is. */
export function unshare(variable: tf.Variable): void {
  const { dataId } = variable;
  const owner = tf.engine().state.tensorInfo.get(dataId)?.backend;
  if (owner === undefined || owner.refCount(dataId) <= 1) return;
  tf.tidy(() => variable.assign(tf.tensor(variable.dataSync().slice(), variable.shape, variable.dtype)));
}

/** What is computed from x as a constant: nothing that is computed within is recorded on the tape. */
export function withoutGradient(x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const run = tf.customGrad((value) => ({
    value: compute(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return run(stopGradient(x));
}
