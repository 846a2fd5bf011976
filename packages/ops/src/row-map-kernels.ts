import { broadcastShapes, type Shape, sizeOf } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";
import { broadcastIndices } from "./broadcast-indices.ts";
import { kernelMemory } from "./kernel-memory.ts";
import type { KernelOverride } from "./kernel-override.ts";

/**
 * An elementwise map of numbers, governed by one row of parameters at a time: `open` a row, `evaluate` values (each may
 * be followed by `backward`), `close` the row.
 */
export interface RowMap {
  /** The last value. */
  readonly value: number;
  /** The log of the absolute derivative at the last input. */
  readonly logDet: number;
  open(row: number): void;
  evaluate(input: number): void;
  /** Adds the gradient of the last value and log-det to that of the row; returns the gradient of the input. */
  backward(dValue: number, dLogDet: number): number;
  /** Writes the gradient of the row. */
  close(gradients: Float32Array): void;
}

/** Makes the map from the parameters, row after row, and the attributes of the op. */
export type RowMapFactory = (parameters: Float32Array, attributes: tf.NamedAttrMap) => RowMap;

/**
 * Kernels for `(x [...batch], parameters [...batch, size]) → [value, logDet]` and for its gradient, in one pass over
 * the numbers and without temporary tensors. The batch axes broadcast.
 */
export function rowMapKernels(kernelName: string, factory: RowMapFactory): readonly KernelOverride[] {
  return [
    { kernelName, make: () => forwardKernel(factory) },
    { kernelName: `${kernelName}Grad`, make: () => gradientKernel(factory) },
  ];
}

function forwardKernel(factory: RowMapFactory): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const [x, parameters] = inputs as unknown as [tf.TensorInfo, tf.TensorInfo];
    const rows = rowsOf(x.shape, parameters.shape);
    const memory = kernelMemory(backend);
    const outputs = [memory.allocate(rows.shape, "float32"), memory.allocate(rows.shape, "float32")];
    const [xs, raw, values, logDets] = [x, parameters, ...outputs].map(memory.values) as Float32Array[] as Four;
    const map = factory(raw, attrs as tf.NamedAttrMap);
    const { count, starts, order, ofX } = rows;
    for (let row = 0; row < count; row++) {
      map.open(row);
      const end = starts === undefined ? row + 1 : (starts[row + 1] as number);
      for (let at = starts === undefined ? row : (starts[row] as number); at < end; at++) {
        const i = order === undefined ? at : (order[at] as number);
        map.evaluate(xs[ofX === undefined ? i : (ofX[i] as number)] as number);
        values[i] = map.value;
        logDets[i] = map.logDet;
      }
    }
    return outputs;
  };
}

function gradientKernel(factory: RowMapFactory): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const [x, parameters, ...dOutputs] = inputs as unknown as [tf.TensorInfo, tf.TensorInfo, ...tf.TensorInfo[]];
    const rows = rowsOf(x.shape, parameters.shape);
    const memory = kernelMemory(backend);
    const outputs = [memory.allocate(x.shape, "float32"), memory.allocate(parameters.shape, "float32")];
    const [xs, raw, dValues, dLogDets] = [x, parameters, ...dOutputs].map(memory.values) as Float32Array[] as Four;
    const [dxs, dRaw] = outputs.map(memory.values) as [Float32Array, Float32Array];
    const map = factory(raw, attrs as tf.NamedAttrMap);
    const { count, starts, order, ofX } = rows;
    // An x that was broadcast gets the sum of its gradients.
    const sums = ofX === undefined ? undefined : new Float64Array(dxs.length);
    for (let row = 0; row < count; row++) {
      map.open(row);
      const end = starts === undefined ? row + 1 : (starts[row + 1] as number);
      for (let at = starts === undefined ? row : (starts[row] as number); at < end; at++) {
        const i = order === undefined ? at : (order[at] as number);
        const from = ofX === undefined ? i : (ofX[i] as number);
        map.evaluate(xs[from] as number);
        const dx = map.backward(dValues[i] as number, dLogDets[i] as number);
        if (sums === undefined) dxs[from] = dx;
        else sums[from] = (sums[from] as number) + dx;
      }
      map.close(dRaw);
    }
    if (sums !== undefined) dxs.set(sums);
    return outputs;
  };
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

/** Which values of x belong to which row of parameters. */
interface Rows {
  /** The shape to which x and the rows broadcast. */
  readonly shape: Shape;
  readonly count: number;
  /** Position in `order` at which each row starts; `undefined` when each row has one value. */
  readonly starts: Int32Array | undefined;
  /** Indices into the broadcast shape, row after row; `undefined` is 0, 1, 2, … */
  readonly order: Int32Array | undefined;
  /** For each index into the broadcast shape the index into x; `undefined` when they are the same. */
  readonly ofX: Int32Array | undefined;
}

function rowsOf(xShape: Shape, parametersShape: Shape): Rows {
  const batch = parametersShape.slice(0, -1);
  const shape = broadcastShapes(xShape, batch) as Shape;
  const size = sizeOf(shape);
  const ofX = sizeOf(xShape) === size ? undefined : broadcastIndices(xShape, shape);
  const count = sizeOf(batch);
  if (count === size) return { shape, count, starts: undefined, order: undefined, ofX };
  const ofRow = broadcastIndices(batch, shape);
  const starts = new Int32Array(count + 1);
  for (const row of ofRow) starts[row + 1] = (starts[row + 1] as number) + 1;
  for (let row = 0; row < count; row++) starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
  const next = starts.slice();
  const order = new Int32Array(size);
  for (const [i, row] of ofRow.entries()) {
    const at = next[row] as number;
    order[at] = i;
    next[row] = at + 1;
  }
  return { shape, count, starts, order, ofX };
}
