import * as tf from "@tensorflow/tfjs-core";
import { BackendError, DisposedError } from "./errors.ts";

/** A tensor, or numbers that become one: a number, a typed array, nested arrays. */
export type TensorLike = tf.TensorLike | tf.Tensor;

/**
 * The tensor of a tensor or of plain numbers, as float32. Tensors pass through untouched; what is made here belongs to
 * the enclosing `tf.tidy`.
 *
 * @throws {DisposedError} the tensor has been disposed.
 * @throws {BackendError} no backend has been started.
 */
export function asTensor(value: TensorLike, where: string): tf.Tensor {
  requireBackend(where);
  if (value instanceof tf.Tensor) {
    if (value.isDisposed) throw new DisposedError(`${where}: expected a live tensor, got one that has been disposed.`);
    return value.dtype === "float32" ? value : tf.cast(value, "float32");
  }
  const tensor = tf.tensor(value);
  return tensor.dtype === "float32" ? tensor : tf.cast(tensor, "float32");
}

/** Throws {@link BackendError} unless a backend has been started. */
export function requireBackend(where: string): void {
  if (tf.getBackend() === undefined) {
    throw new BackendError(`${where}: expected a running backend, got none. Call await useBackend("wasm") first.`);
  }
}
