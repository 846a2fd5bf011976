import * as tf from "@tensorflow/tfjs-core";
import { BackendError, DisposedError, OptionError, ShapeError } from "../errors/errors.ts";
import type { Key } from "../key.ts";
import { describeValue, isList, isNdArray, type NdArray, ndArray, nestedShape } from "./nd-array.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** A tensor, or numbers that become one: a number, a typed array, nested arrays, an array with its shape. */
export type TensorLike = tf.TensorLike | Float64Array | readonly Float64Array[] | NdArray | tf.Tensor;

/**
 * Converts a tensor or plain numbers to a float32 tensor. Tensors are returned unchanged. New tensors belong to the
 * enclosing `tf.tidy`.
 *
 * @throws {DisposedError} the tensor has been disposed.
 * @throws {BackendError} no backend has been started.
 * @throws {ShapeError} rows of nested arrays differ in length, or the length of an array does not match its shape.
 * @throws {OptionError} an entry is not a number.
 */
export function asTensor(value: TensorLike, where: string): tf.Tensor {
  requireBackend(where);
  if (value instanceof tf.Tensor) {
    if (value.isDisposed) throw new DisposedError(`${where}: expected a live tensor, got one that has been disposed.`);
    if (value.dtype === "float32") return value;
    if (value.dtype === "string" || value.dtype === "complex64") refuse(where, `a tensor of dtype ${value.dtype}`);
    return tf.cast(value, "float32");
  }
  if (value instanceof Float32Array) return tf.tensor(value);
  if (isNdArray(value)) {
    const { shape, data } = ndArray(value.shape, value.data);
    return tf.tensor(Float32Array.from(data), [...shape], "float32");
  }
  // Not tf.tensor(value): it takes ragged rows, null and rows of float64 for numbers that are not there.
  const shape = nestedShape(value);
  const numbers = new Float32Array(shape.reduce((a, b) => a * b, 1));
  fill(numbers, 0, value, shape, 0, where);
  return tf.tensor(numbers, [...shape], "float32");
}

/** Throws {@link BackendError} unless a backend has been started. */
export function requireBackend(where: string): void {
  if (tf.getBackend() === undefined) {
    throw new BackendError(`${where}: expected a running backend, got none. Call await useBackend("wasm") first.`);
  }
}

/** Largest number of draws: the sizes of tensors are 32-bit integers. */
const MAX_DRAWS = 2 ** 31 - 1;

/**
 * Checks the arguments of a `sample` of the rows of a table.
 *
 * @throws {OptionError} the key is not a key, or the number is no number of rows.
 */
export function checkRowDraws(where: string, key: Key, rows: number): void {
  checkDrawKey(where, key);
  if (Number.isInteger(rows) && rows >= 0 && rows <= MAX_DRAWS) return;
  const got = typeof rows === "number" ? String(rows) : describeValue(rows);
  throw new OptionError(`${where}: expected a number of rows from 0 to ${MAX_DRAWS}, got ${got}.`);
}

function checkDrawKey(where: string, key: Key): void {
  if (typeof key?.fold === "function") return;
  throw new OptionError(
    `${where}: expected a key, got ${describeValue(key)}. Pass createKey(0), or a key of key.split().`,
  );
}

/**
 * Checks the arguments of a `sample`, and that a backend runs.
 *
 * @throws {BackendError} no backend has been started.
 * @throws {OptionError} the key is not a key.
 * @throws {ShapeError} the sample shape is not an array of sizes, or has more than 2³¹ − 1 draws.
 */
export function requireSampling(where: string, key: Key, sampleShape: Shape): void {
  requireBackend(where);
  checkDrawKey(where, key);
  if (!Array.isArray(sampleShape) || !sampleShape.every((size) => Number.isInteger(size) && size >= 0)) {
    const got = Array.isArray(sampleShape) ? `[${sampleShape.join(", ")}]` : describeValue(sampleShape);
    throw new ShapeError(`${where}: expected a sample shape such as [1000], of integers from 0 on, got ${got}.`);
  }
  if (sizeOf(sampleShape) > MAX_DRAWS) {
    throw new ShapeError(
      `${where}: expected at most ${MAX_DRAWS} draws, got the sample shape [${sampleShape.join(", ")}]. Draw them in parts.`,
    );
  }
}

function fill(out: Float32Array, start: number, value: unknown, shape: Shape, axis: number, where: string): number {
  const length = shape[axis];
  if (length === undefined) {
    if (isList(value)) throw new ShapeError(`${where}: expected arrays of equal depth, got an array beside a number.`);
    if (typeof value !== "number" && typeof value !== "boolean") refuse(where, describeValue(value));
    out[start] = Number(value);
    return start + 1;
  }
  if (!isList(value)) {
    if (typeof value !== "number" && typeof value !== "boolean") refuse(where, describeValue(value));
    throw new ShapeError(`${where}: expected arrays of equal depth, got a number beside an array.`);
  }
  if (value.length !== length) {
    throw new ShapeError(`${where}: expected rows of equal length, got ${length} and ${value.length} values.`);
  }
  let at = start;
  for (let i = 0; i < length; i++) at = fill(out, at, value[i], shape, axis + 1, where);
  return at;
}

function refuse(where: string, got: string): never {
  throw new OptionError(`${where}: expected a tensor or numbers, got ${got}.`);
}

/**
 * The numbers of a computed tensor, without leaving a tensor. `tf.tidy` alone would search the numbers for tensors, which can
 * cost more than the computation.
 *
 * @example
 * [...tensorValues(() => tf.square(tf.tensor1d([1, 2, 3])))]; // → [1, 4, 9]
 */
export function tensorValues(compute: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(compute);
  try {
    return tensor.dataSync() as Float32Array;
  } finally {
    tensor.dispose();
  }
}
