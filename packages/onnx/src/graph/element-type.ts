/** Types of the elements of tensors. */
export type ElementType = "float32" | "float64" | "int32" | "int64" | "bool";

/** Their numbers in ONNX, `TensorProto.DataType`. */
export const elementTypeNumbers: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** The elements as ONNX stores them: one after the other, little-endian, as all machines that run JavaScript have them. */
export function rawBytes(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const array =
    type === "int64"
      ? BigInt64Array.from(Array.from(values, (value) => BigInt(value)))
      : arrays[type].from(values as ArrayLike<number>);
  return new Uint8Array(array.buffer);
}
