import * as tf from "@tensorflow/tfjs-core";
import { formatShape, type Shape, sizeOf } from "../arrays/shape.ts";
import { requireBackend } from "../arrays/tensor-like.ts";
import { DisposedError, ShapeError } from "../errors/errors.ts";

/** The values of a parameter on the host. */
export type ParameterValues = Float32Array | Int32Array;

/**
 * One owned array of a model. `trainable: false` makes it a buffer (a mask, a permutation, a mean), which optimizers
 * leave alone and model files keep.
 */
export interface Parameter {
  readonly shape: Shape;
  readonly dtype: "float32" | "int32";
  readonly trainable: boolean;
  /** Tensor with the values, for computations. It is allocated on first access. */
  readonly variable: tf.Variable;
  /** A copy of the values. */
  read(): ParameterValues;
  /** Replaces the values, which must have the parameter's size. */
  write(values: ArrayLike<number>): void;
  dispose(): void;
}

/** Options of {@link parameter}. */
export interface ParameterOptions {
  readonly trainable?: boolean;
  readonly dtype?: "float32" | "int32";
}

/**
 * Creates a parameter. Its memory is allocated on first use, not here, so that a model from an untrusted file can be
 * checked completely before it costs anything.
 *
 * @param shape the shape of the array.
 * @param initial its values, row-major, or a function that makes the values. Default: 0.
 * @throws {ShapeError} the size of `initial` does not match `shape`.
 */
export function parameter(
  shape: Shape,
  initial?: ArrayLike<number> | (() => ArrayLike<number>),
  options: ParameterOptions = {},
): Parameter {
  if (initial !== undefined && typeof initial !== "function") checkSize(shape, initial.length);
  return new OwnedParameter(shape, initial, options);
}

class OwnedParameter implements Parameter {
  readonly shape: Shape;
  readonly dtype: "float32" | "int32";
  readonly trainable: boolean;
  private initial: ArrayLike<number> | (() => ArrayLike<number>) | undefined;
  private owned: tf.Variable | undefined;
  private disposed = false;

  constructor(shape: Shape, initial: ArrayLike<number> | (() => ArrayLike<number>) | undefined, o: ParameterOptions) {
    this.shape = shape;
    this.dtype = o.dtype ?? "float32";
    this.trainable = o.trainable ?? true;
    this.initial = initial;
  }

  get variable(): tf.Variable {
    this.requireLive();
    if (this.owned === undefined) {
      requireBackend("parameter");
      const values = this.initialValues();
      // Inside tidy, because tf.variable(tensor) otherwise leaks the tensor it starts from.
      this.owned = tf.tidy(() => tf.variable(tf.tensor(values, [...this.shape], this.dtype), this.trainable));
      this.initial = undefined;
    }
    return this.owned;
  }

  read(): ParameterValues {
    this.requireLive();
    // A copy, because the cpu backend hands out its own array.
    return this.owned === undefined ? this.initialValues() : (this.owned.dataSync().slice() as ParameterValues);
  }

  write(values: ArrayLike<number>): void {
    this.requireLive();
    checkSize(this.shape, values.length);
    if (this.owned === undefined) {
      this.initial = toArray(values, this.dtype);
      return;
    }
    const variable = this.owned;
    tf.tidy(() => variable.assign(tf.tensor(toArray(values, this.dtype), [...this.shape], this.dtype)));
  }

  dispose(): void {
    this.owned?.dispose();
    this.owned = undefined;
    this.initial = undefined;
    this.disposed = true;
  }

  private initialValues(): ParameterValues {
    const source = typeof this.initial === "function" ? this.initial() : this.initial;
    if (source === undefined) return toArray(new Float32Array(sizeOf(this.shape)), this.dtype);
    checkSize(this.shape, source.length);
    return toArray(source, this.dtype);
  }

  private requireLive(): void {
    if (this.disposed) {
      throw new DisposedError("parameter: expected a live model, got one that has been disposed.");
    }
  }
}

// Always a copy, so that a caller's array can change without changing the model.
function toArray(values: ArrayLike<number>, dtype: "float32" | "int32"): ParameterValues {
  return dtype === "int32" ? new Int32Array(values) : new Float32Array(values);
}

function checkSize(shape: Shape, length: number): void {
  if (sizeOf(shape) !== length) {
    throw new ShapeError(`parameter: expected ${sizeOf(shape)} values for shape ${formatShape(shape)}, got ${length}.`);
  }
}
