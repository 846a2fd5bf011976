import { ShapeError } from "../errors/errors.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** Numbers in host memory, row-major: what readers of files produce and training consumes. */
export interface NdArray {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/**
 * An {@link NdArray} from its parts.
 *
 * @throws {ShapeError} the number of values is not the size of the shape.
 * @example
 * const rows = ndArray([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)); // two rows of three columns
 */
export function ndArray(shape: Shape, data: Float32Array | Float64Array): NdArray {
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `ndArray: expected ${sizeOf(shape)} values for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  return { shape, data };
}

/** True for an {@link NdArray}: a shape beside float32 or float64 numbers. */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== "object" || value === null || !("shape" in value && "data" in value)) return false;
  const { shape, data } = value;
  return Array.isArray(shape) && (data instanceof Float32Array || data instanceof Float64Array);
}
