import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../maths/elementwise.ts";
import { releaseTape } from "./tape.ts";

// The only place that tells the compiler what TensorFlow.js passes to kernels and gets from them: its own types say only
// that it is something.

/** Arguments of a kernel call. */
export interface KernelCall<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly backend: object;
  readonly attrs: Attributes;
}

/** A kernel with typed arguments. */
export type TypedKernel<Inputs, Attributes, Output = tf.TensorInfo | tf.TensorInfo[]> = (
  call: KernelCall<Inputs, Attributes>,
) => Output;

/** A kernel as TensorFlow.js registers it. */
export function kernelFunc<Inputs, Attributes = undefined>(kernel: TypedKernel<Inputs, Attributes>): tf.KernelFunc {
  return kernel as unknown as tf.KernelFunc;
}

/** Calls a kernel without the engine: the call is not on the tape, and the engine keeps no tensors for it. */
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
 * @param gradients returns the gradients of the inputs, from the gradients of the outputs and the saved tensors.
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

/** Copies the data of a variable if it is shared, so that the variable can be changed in place. */
export function unshare(variable: tf.Variable): void {
  const { dataId } = variable;
  const owner = tf.engine().state.tensorInfo.get(dataId)?.backend;
  if (owner === undefined || owner.refCount(dataId) <= 1) return;
  tf.tidy(() => variable.assign(tf.tensor(variable.dataSync().slice(), variable.shape, variable.dtype)));
}

/** Returns the result of a computation on x as a constant: no operation of the computation is recorded on the tape. */
export function withoutGradient(x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const run = tf.customGrad((value) => ({
    value: compute(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return run(stopGradient(x));
}
