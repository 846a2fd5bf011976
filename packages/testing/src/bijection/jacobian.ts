import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import { type Inputs, type Side, tensorsOf } from "./side.ts";

const ROWS_AT_ONCE = 4096;

/**
 * Jacobians `∂value[i]/∂x[j]` of each row by automatic differentiation, `[count, size, size]` row-major. Each row is
 * repeated once for every output and differentiated with a one-hot cotangent: one backward pass serves all.
 */
export function jacobians(side: Side, inputs: Inputs): Float64Array {
  const size = sizeOf(side.shapeIn);
  const contextSize = inputs.context === undefined ? 0 : inputs.context.length / inputs.count;
  const result = new Float64Array(inputs.count * size * size);
  const step = Math.max(1, Math.floor(ROWS_AT_ONCE / size));
  for (let start = 0; start < inputs.count; start += step) {
    const rows = Math.min(step, inputs.count - start);
    const repeated: Inputs = {
      count: rows * size,
      values: repeatRows(inputs.values, start, rows, size, size),
      context: inputs.context && repeatRows(inputs.context, start, rows, contextSize, size),
    };
    const cotangent = new Float32Array(rows * size * size);
    for (let r = 0; r < rows; r++) for (let i = 0; i < size; i++) cotangent[(r * size + i) * size + i] = 1;
    const gradient = inTidy(() => {
      const [x, context] = tensorsOf(side, repeated);
      const dy = tf.tensor(cotangent, [repeated.count, ...side.shapeOut], "float32");
      return hostCopy(tf.grad((input: tf.Tensor) => side.value(input, context))(x, dy));
    });
    result.set(gradient, start * size * size);
  }
  return result;
}

function repeatRows(values: Float32Array, start: number, rows: number, size: number, times: number): Float32Array {
  const result = new Float32Array(rows * times * size);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray((start + r) * size, (start + r + 1) * size);
    for (let t = 0; t < times; t++) result.set(row, (r * times + t) * size);
  }
  return result;
}
