import type { Kernels, LinearFinish } from "./kernels.ts";

/** Rows of a batch that one pass of the weight gradient takes, as in the WebAssembly kernels. */
const CHUNK = 512;

/**
 * The linear kernels in TypeScript. All three are products of rows with rows: two rows of the left with four of the
 * right at a time, summed in float64, after what is needed has been transposed into the scratch.
 */
export const scalarLinear: Pick<Kernels, "linearForward" | "linearInputGradient" | "linearWeightGradient"> = {
  linearForward(x, { weight, mask, bias }, y, { batch, inputs, outputs }, scratch, finish = {}) {
    transpose(weight, 0, inputs, outputs, scratch, inputs, mask);
    for (let column = 0; column < outputs; column += 4) {
      const columns = Math.min(4, outputs - column);
      const [start, end] = mask === undefined ? [0, inputs] : liveRows(mask, inputs, outputs, column, columns);
      products(
        { values: x, at: start, stride: inputs, rows: batch },
        { values: scratch, at: column * inputs + start, stride: inputs, rows: columns },
        end - start,
        { values: y, at: column, stride: outputs },
        bias?.subarray(column),
        finish,
      );
    }
  },

  linearInputGradient(dy, { weight, mask }, dx, { batch, inputs, outputs }, scratch, finish = {}) {
    let masked = weight;
    if (mask !== undefined) {
      masked = scratch;
      for (let i = 0; i < mask.length; i++) masked[i] = (weight[i] as number) * (mask[i] as number);
    }
    for (let column = 0; column < inputs; column += 4) {
      products(
        { values: dy, at: 0, stride: outputs, rows: batch },
        { values: masked, at: column * outputs, stride: outputs, rows: Math.min(4, inputs - column) },
        outputs,
        { values: dx, at: column, stride: inputs },
        undefined,
        finish,
      );
    }
  },

  linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, scratch) {
    dWeight.fill(0);
    dBias?.fill(0);
    const finish = { gate: mask, accumulate: true };
    for (let row = 0; row < batch; row += CHUNK) {
      const depth = Math.min(CHUNK, batch - row);
      const right = inputs * depth;
      transpose(x, row * inputs, depth, inputs, scratch, depth);
      transpose(dy, row * outputs, depth, outputs, scratch.subarray(right), depth);
      for (let column = 0; column < outputs; column += 4) {
        const columns = Math.min(4, outputs - column);
        const [start, end] = mask === undefined ? [0, inputs] : liveRows(mask, inputs, outputs, column, columns);
        products(
          { values: scratch, at: start * depth, stride: depth, rows: end - start },
          { values: scratch, at: right + column * depth, stride: depth, rows: columns },
          depth,
          { values: dWeight, at: start * outputs + column, stride: outputs },
          undefined,
          finish,
        );
      }
      if (dBias !== undefined) addRows(dy, row, depth, outputs, dBias);
    }
  },
};

/** Rows of a matrix, beginning at `at`, `stride` numbers apart. */
interface Rows {
  readonly values: Float32Array;
  readonly at: number;
  readonly stride: number;
  readonly rows: number;
}

/** `to[i, j] = Σₖ a[i, k]·b[j, k] + bias[j]`, for up to four rows of b. */
function products(
  a: Rows,
  b: Rows,
  depth: number,
  to: Omit<Rows, "rows">,
  bias: Float32Array | undefined,
  { gate, accumulate = false, relu = false }: LinearFinish,
): void {
  const [left, right, out] = [a.values, b.values, to.values];
  const count = b.rows;
  const b0 = b.at;
  const b1 = b.at + Math.min(1, count - 1) * b.stride;
  const b2 = b.at + Math.min(2, count - 1) * b.stride;
  const b3 = b.at + (count - 1) * b.stride;
  const [start0 = 0, start1 = 0, start2 = 0, start3 = 0] = bias ?? [];
  for (let row = 0; row < a.rows; row += 2) {
    const a0 = a.at + row * a.stride;
    const a1 = row + 1 < a.rows ? a0 + a.stride : a0;
    let s0 = start0;
    let s1 = start1;
    let s2 = start2;
    let s3 = start3;
    let t0 = start0;
    let t1 = start1;
    let t2 = start2;
    let t3 = start3;
    for (let k = 0; k < depth; k++) {
      const x = left[a0 + k] as number;
      const y = left[a1 + k] as number;
      let w = right[b0 + k] as number;
      s0 += x * w;
      t0 += y * w;
      w = right[b1 + k] as number;
      s1 += x * w;
      t1 += y * w;
      w = right[b2 + k] as number;
      s2 += x * w;
      t2 += y * w;
      w = right[b3 + k] as number;
      s3 += x * w;
      t3 += y * w;
    }
    let at = to.at + row * to.stride;
    put(out, at, s0, gate, accumulate, relu);
    if (count > 1) put(out, at + 1, s1, gate, accumulate, relu);
    if (count > 2) put(out, at + 2, s2, gate, accumulate, relu);
    if (count > 3) put(out, at + 3, s3, gate, accumulate, relu);
    if (row + 1 === a.rows) return;
    at += to.stride;
    put(out, at, t0, gate, accumulate, relu);
    if (count > 1) put(out, at + 1, t1, gate, accumulate, relu);
    if (count > 2) put(out, at + 2, t2, gate, accumulate, relu);
    if (count > 3) put(out, at + 3, t3, gate, accumulate, relu);
  }
}

function put(
  out: Float32Array,
  at: number,
  sum: number,
  gate: Float32Array | undefined,
  accumulate: boolean,
  relu: boolean,
): void {
  let value = gate === undefined || (gate[at] as number) > 0 ? sum : 0;
  if (accumulate) value += out[at] as number;
  out[at] = relu && value < 0 ? 0 : value;
}

/** The rows between the first and the last in which some of the columns of the mask are not zero. */
function liveRows(mask: Float32Array, rows: number, stride: number, column: number, columns: number): [number, number] {
  const isLive = (row: number): boolean => {
    for (let j = 0; j < columns; j++) if (mask[row * stride + column + j] !== 0) return true;
    return false;
  };
  let start = 0;
  let end = rows;
  while (start < end && !isLive(start)) start++;
  while (end > start && !isLive(end - 1)) end--;
  return [start, end];
}

function transpose(
  from: Float32Array,
  at: number,
  rows: number,
  columns: number,
  to: Float32Array,
  toStride: number,
  mask?: Float32Array,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = from[at + i * columns + j] as number;
      to[j * toStride + i] = mask === undefined ? value : value * (mask[i * columns + j] as number);
    }
  }
}

function addRows(dy: Float32Array, row: number, rows: number, columns: number, sums: Float32Array): void {
  // Sums of a chunk in float64, column after column; chunks are few.
  for (let j = 0; j < columns; j++) {
    let sum = sums[j] as number;
    for (let i = row; i < row + rows; i++) sum += dy[i * columns + j] as number;
    sums[j] = sum;
  }
}
