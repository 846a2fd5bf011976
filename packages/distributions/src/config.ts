import {
  type Codec,
  type Distribution,
  type Json,
  ModelFileError,
  OptionError,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  batchShapeOf,
  broadcastShapes,
  ConfigReader,
  constructStored,
  defineCodec,
  describeValue,
  formatShape,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import { Tensor } from "@tensorflow/tfjs-core";

/**
 * The codec of a class that writes its config itself.
 *
 * @param read the options of the constructor, from a config.
 */
export function configCodec<T extends { config(): Json }, O>(
  type: string,
  construct: new (options: O) => T,
  read: (reader: ConfigReader, type: string) => O,
): Codec<T> {
  return defineCodec({
    type,
    version: 1,
    is: (value): value is T => value instanceof construct,
    encode: (value) => value.config(),
    decode: (config) => {
      const reader = new ConfigReader(type, config);
      const options = read(reader, type);
      reader.end();
      return constructStored(type, () => new construct(options));
    },
  });
}

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

/** Returns the values of a row-major array as nested arrays, the form in a config. */
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

/** Reads a field with a number or nested arrays of numbers. */
export function configArray(config: ConfigReader, type: string, name: string): number | number[] {
  const value = config.raw(name) as number | number[];
  constructStored(type, () => hostArray(value, name));
  return value;
}

/** Rejects arrays of different shapes, which could broadcast to arrays far larger than the file. */
export function sameShape<T extends Readonly<Record<string, number | number[]>>>(type: string, arrays: T): T {
  const shapes = Object.values(arrays).map((value) => formatShape(hostArray(value, type).shape));
  if (new Set(shapes).size > 1) {
    throw new ModelFileError("config", `${type}: expected arrays of one shape, got ${shapes.join(" and ")}.`);
  }
  return arrays;
}

/**
 * Rejects a value with wrong event or batch axes. Otherwise broadcasting would expand one feature to several and count its
 * density several times.
 */
export function checkEvent(
  where: string,
  shape: Shape,
  distribution: Pick<Distribution, "batchShape" | "eventShape">,
): void {
  const { batchShape, eventShape } = distribution;
  const event = shape.slice(Math.max(0, shape.length - eventShape.length));
  if (!shapesEqual(event, eventShape)) {
    throw new ShapeError(
      `${where}: expected values with event shape ${formatShape(eventShape)}, got shape ${formatShape(shape)}.`,
    );
  }
  const batch = batchShapeOf(shape, eventShape.length);
  if (broadcastShapes(batch, batchShape) === undefined) {
    throw new ShapeError(
      `${where}: expected batch axes that broadcast with ${formatShape(batchShape)}, got ${formatShape(batch)}.`,
    );
  }
}

/** The count of features, checked. */
export function checkFeatures(where: string, features: number): number {
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new OptionError(
      `${where}: expected features to be an integer of at least 1, got ${describeValue(features)}.`,
    );
  }
  return features;
}

/** The shape that the shapes of several options broadcast to, its last axis being the features. */
export function optionShape(where: string, shapes: Readonly<Record<string, Shape>>): Shape {
  let result: Shape = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const next = broadcastShapes(result, shape);
    if (next === undefined) {
      throw new ShapeError(
        `${where}: expected ${name} to broadcast with ${formatShape(result)}, got ${formatShape(shape)}.`,
      );
    }
    result = next;
  }
  if (result.length === 0 || result.includes(0)) {
    throw new ShapeError(
      `${where}: expected at least one feature, got shape ${formatShape(result)}. Pass arrays, or the option features.`,
    );
  }
  return result;
}

/** Returns the axes requested by the options `features` or `shape`; `[]` if both are omitted. */
export function askedShape(where: string, options: { readonly features?: number; readonly shape?: Shape }): Shape {
  const { features, shape } = options;
  if (features !== undefined && shape !== undefined) {
    throw new OptionError(`${where}: expected features or shape, got both.`);
  }
  if (features !== undefined) return [checkFeatures(where, features)];
  for (const axis of shape ?? []) checkAxis(where, axis);
  return [...(shape ?? [])];
}

/** An axis of a shape, checked. */
export function checkAxis(where: string, axis: number): void {
  if (!Number.isSafeInteger(axis) || axis < 1) {
    throw new OptionError(`${where}: expected axes that are integers of at least 1, got ${describeValue(axis)}.`);
  }
}
