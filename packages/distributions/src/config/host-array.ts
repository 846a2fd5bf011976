import { type Json, OptionError, type Shape, ShapeError, type TensorLike } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { Tensor } from "@tensorflow/tfjs-core";

const MAX_RANK = 8;

/** Numbers in float64 with their shape, row-major. */
export interface HostArray {
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** Reads a number, typed array or nested arrays in float64; they would lose digits on the way through a tensor. */
export function hostArray(value: TensorLike, where: string): HostArray {
  if (value instanceof Tensor) {
    throw new OptionError(`${where}: expected a number or arrays of numbers, got a tensor. Pass its values instead.`);
  }
  const shape: number[] = [];
  for (let level: unknown = value; isList(level); level = level[0]) {
    if (shape.length === MAX_RANK) {
      throw new ShapeError(`${where}: expected arrays nested at most ${MAX_RANK} deep, got deeper ones.`);
    }
    shape.push(level.length);
  }
  // Gathered before anything is allocated for the shape: only a regular array has as many numbers as its shape says.
  const values: number[] = [];
  const read = (level: unknown, depth: number): void => {
    if (isList(level)) {
      if (level.length !== shape[depth]) throw ragged(where);
      for (let i = 0; i < level.length; i++) read(level[i], depth + 1);
    } else {
      if (depth !== shape.length) throw ragged(where);
      if (typeof level !== "number" || !Number.isFinite(level)) {
        throw new OptionError(`${where}: expected finite numbers, got ${String(level)}.`);
      }
      values.push(level);
    }
  };
  read(value, 0);
  return { shape, values: Float64Array.from(values) };
}

/** The same, or the values of a tensor or array that is read already, which may be anything. */
export function parameterArray(value: TensorLike | HostArray, where: string): HostArray {
  if (value instanceof Tensor) return { shape: value.shape, values: Float64Array.from(value.dataSync()) };
  return typeof value === "object" && "values" in value && "shape" in value
    ? (value as HostArray)
    : hostArray(value, where);
}

/** Nested arrays with the values of a row-major array: how a config holds it. */
export function nestedArray(values: ArrayLike<number>, shape: Shape): Json {
  let level: Json[] = Array.from(values);
  for (const size of shape.slice(1).reverse()) {
    level = Array.from({ length: level.length / size }, (_, i) => level.slice(i * size, (i + 1) * size));
  }
  return shape.length === 0 ? (level[0] as Json) : level;
}

/** The values of an array broadcast to a shape by NumPy's rules; the caller has checked that they fit. */
export function broadcastValues(array: HostArray, shape: Shape): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const offset = shape.length - array.shape.length;
  const index = new Int32Array(shape.length);
  for (let i = 0; i < result.length; i++) {
    let at = 0;
    for (let d = offset; d < shape.length; d++) {
      const size = array.shape[d - offset] as number;
      at = at * size + (size === 1 ? 0 : (index[d] as number));
    }
    result[i] = array.values[at] as number;
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (shape[d] as number)) break;
      index[d] = 0;
    }
  }
  return result;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}

function ragged(where: string): ShapeError {
  return new ShapeError(`${where}: expected arrays of equal length at each level, got a ragged array.`);
}
