import type { Kernels } from "./kernels.ts";

/**
 * The linear kernels in TypeScript: all are sums of products over one axis, of which four by four are computed at a time, in
 * float64. Matrices are read where they are; only a masked weight is copied to the scratch.
 */
export const scalarLinear: Pick<
  Kernels,
  "linearForward" | "linearPart" | "linearInputGradient" | "linearWeightGradient"
> = {
  linearForward(x, { weight, mask, ranges, bias }, y, { batch, inputs, outputs }, scratch, finish = {}) {
    if (finish.accumulate !== true) y.fill(0);
    const values = masked(weight, mask, scratch);
    for (let column = 0; column < outputs; column += 4) {
      const columns = Math.min(4, outputs - column);
      const [start, end] = mask === undefined ? [0, inputs] : liveRows(mask, ranges, inputs, outputs, column);
      const b = { values, at: start * outputs + column, outer: 1, inner: outputs, count: columns };
      addProducts(
        { values: x, at: start, outer: inputs, inner: 1, count: batch },
        b,
        end - start,
        { values: y, row: 0, column, stride: outputs },
        bias,
      );
    }
    if (finish.relu === true) relu(y, batch, outputs, outputs);
  },

  linearPart(x, weight, bias, y, sizes, _, finish = {}) {
    const { batch, depth, columns, xStride, weightStride, yStride } = sizes;
    if (finish.accumulate !== true) {
      for (let row = 0; row < batch; row++) y.fill(0, row * yStride, row * yStride + columns);
    }
    for (let column = 0; column < columns; column += 4) {
      addProducts(
        { values: x, at: 0, outer: xStride, inner: 1, count: batch },
        { values: weight, at: column, outer: 1, inner: weightStride, count: Math.min(4, columns - column) },
        depth,
        { values: y, row: 0, column, stride: yStride },
        bias,
      );
    }
    if (finish.relu === true) relu(y, batch, columns, yStride);
  },

  linearInputGradient(dy, { weight, mask, ranges }, dx, { batch, inputs, outputs }, scratch, finish = {}) {
    if (finish.accumulate !== true) dx.fill(0);
    const values = masked(weight, mask, scratch);
    const panels = 4 * Math.ceil(outputs / 8);
    for (let column = 0; column < inputs; column += 4) {
      const range = panels + 4 * (column >> 3);
      const [start, end] = ranges === undefined ? [0, outputs] : [ranges[range] as number, ranges[range + 1] as number];
      addProducts(
        { values: dy, at: start, outer: outputs, inner: 1, count: batch },
        { values, at: column * outputs + start, outer: outputs, inner: 1, count: Math.min(4, inputs - column) },
        end - start,
        { values: dx, row: 0, column, stride: inputs },
        undefined,
        finish.accumulate === true ? finish.gate : undefined,
      );
    }
    if (finish.gate !== undefined && finish.accumulate !== true) close(dx, finish.gate);
  },

  linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, _, ranges) {
    dWeight.fill(0);
    for (let column = 0; column < outputs; column += 4) {
      const columns = Math.min(4, outputs - column);
      const [start, end] = mask === undefined ? [0, inputs] : liveRows(mask, ranges, inputs, outputs, column);
      addProducts(
        { values: x, at: start, outer: 1, inner: inputs, count: end - start },
        { values: dy, at: column, outer: 1, inner: outputs, count: columns },
        batch,
        { values: dWeight, row: start, column, stride: outputs },
        undefined,
        mask,
      );
    }
    if (dBias !== undefined) sumRows(dy, batch, outputs, dBias);
  },
};

/** Up to `count` rows or columns of a matrix, `outer` numbers apart; the numbers of each, over which is summed, `inner`. */
interface Operand {
  readonly values: Float32Array;
  readonly at: number;
  readonly outer: number;
  readonly inner: number;
  readonly count: number;
}

/** `to[i, j] += bias[j] + Σₖ a[i, k]·b[j, k]` for up to four j, where the gate, laid out like `to`, is positive. */
function addProducts(
  a: Operand,
  b: Operand,
  depth: number,
  to: { readonly values: Float32Array; readonly row: number; readonly column: number; readonly stride: number },
  bias: Float32Array | undefined,
  gate?: Float32Array,
): void {
  const { values: left, at: aAt, outer: aOuter, inner: aInner, count: allRows } = a;
  const { values: right, at: bAt, outer: bOuter, inner: bInner, count: columns } = b;
  const { values: out, row: firstRow, column: firstColumn, stride } = to;
  // What lies beyond the last repeats the last, and is not stored.
  const second = Math.min(1, columns - 1) * bOuter;
  const third = Math.min(2, columns - 1) * bOuter;
  const fourth = (columns - 1) * bOuter;
  const start0 = bias?.[firstColumn] ?? 0;
  const start1 = bias?.[firstColumn + 1] ?? 0;
  const start2 = bias?.[firstColumn + 2] ?? 0;
  const start3 = bias?.[firstColumn + 3] ?? 0;
  // Calls would have to allocate each number, so that the usual case is written out and others go through an array.
  let tile: Float64Array | undefined;
  for (let row = 0; row < allRows; row += 4) {
    const rows = Math.min(4, allRows - row);
    let s00 = start0;
    let s01 = start1;
    let s02 = start2;
    let s03 = start3;
    let s10 = start0;
    let s11 = start1;
    let s12 = start2;
    let s13 = start3;
    let s20 = start0;
    let s21 = start1;
    let s22 = start2;
    let s23 = start3;
    let s30 = start0;
    let s31 = start1;
    let s32 = start2;
    let s33 = start3;
    let a0 = aAt + row * aOuter;
    let a1 = a0 + Math.min(1, rows - 1) * aOuter;
    let a2 = a0 + Math.min(2, rows - 1) * aOuter;
    let a3 = a0 + (rows - 1) * aOuter;
    let b0 = bAt;
    for (let k = 0; k < depth; k++) {
      const u = left[a0] as number;
      const v = left[a1] as number;
      const x = left[a2] as number;
      const y = left[a3] as number;
      let w = right[b0] as number;
      s00 += u * w;
      s10 += v * w;
      s20 += x * w;
      s30 += y * w;
      w = right[b0 + second] as number;
      s01 += u * w;
      s11 += v * w;
      s21 += x * w;
      s31 += y * w;
      w = right[b0 + third] as number;
      s02 += u * w;
      s12 += v * w;
      s22 += x * w;
      s32 += y * w;
      w = right[b0 + fourth] as number;
      s03 += u * w;
      s13 += v * w;
      s23 += x * w;
      s33 += y * w;
      a0 += aInner;
      a1 += aInner;
      a2 += aInner;
      a3 += aInner;
      b0 += bInner;
    }
    if (gate === undefined && rows === 4 && columns === 4) {
      let at = firstColumn + (firstRow + row) * stride;
      out[at] = (out[at] as number) + s00;
      out[at + 1] = (out[at + 1] as number) + s01;
      out[at + 2] = (out[at + 2] as number) + s02;
      out[at + 3] = (out[at + 3] as number) + s03;
      at += stride;
      out[at] = (out[at] as number) + s10;
      out[at + 1] = (out[at + 1] as number) + s11;
      out[at + 2] = (out[at + 2] as number) + s12;
      out[at + 3] = (out[at + 3] as number) + s13;
      at += stride;
      out[at] = (out[at] as number) + s20;
      out[at + 1] = (out[at + 1] as number) + s21;
      out[at + 2] = (out[at + 2] as number) + s22;
      out[at + 3] = (out[at + 3] as number) + s23;
      at += stride;
      out[at] = (out[at] as number) + s30;
      out[at + 1] = (out[at + 1] as number) + s31;
      out[at + 2] = (out[at + 2] as number) + s32;
      out[at + 3] = (out[at + 3] as number) + s33;
      continue;
    }
    tile ??= new Float64Array(16);
    tile[0] = s00;
    tile[1] = s01;
    tile[2] = s02;
    tile[3] = s03;
    tile[4] = s10;
    tile[5] = s11;
    tile[6] = s12;
    tile[7] = s13;
    tile[8] = s20;
    tile[9] = s21;
    tile[10] = s22;
    tile[11] = s23;
    tile[12] = s30;
    tile[13] = s31;
    tile[14] = s32;
    tile[15] = s33;
    for (let i = 0; i < rows; i++) {
      const at = firstColumn + (firstRow + row + i) * stride;
      for (let j = 0; j < columns; j++) {
        if (gate === undefined || (gate[at + j] as number) > 0) {
          out[at + j] = (out[at + j] as number) + (tile[4 * i + j] as number);
        }
      }
    }
  }
}

// Signs are random, and a branch on them would be guessed wrong half of the time. Here the bits of a number, as an integer,
// are kept or cleared.

/** Negative numbers become 0, NaN of either sign stays. */
function relu(y: Float32Array, rows: number, columns: number, stride: number): void {
  const bits = new Int32Array(y.buffer, y.byteOffset, y.length);
  for (let row = 0; row < rows; row++) {
    const end = row * stride + columns;
    for (let i = row * stride; i < end; i++) {
      const b = bits[i] as number;
      bits[i] = b & (((MINUS_INFINITY - b) | ~b) >> 31);
    }
  }
}

/** The bits of −∞: those of lesser negative integers are NaN. */
const MINUS_INFINITY = -0x800000;

/** Numbers become 0 where the gate is not positive. */
function close(values: Float32Array, gate: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const gateBits = new Int32Array(gate.buffer, gate.byteOffset, gate.length);
  for (let i = 0; i < bits.length; i++) {
    const g = gateBits[i] as number;
    // Positive, up to infinity.
    bits[i] = (bits[i] as number) & ((~g & -g & (g - INFINITY - 1)) >> 31);
  }
}

const INFINITY = 0x7f800000;

function masked(weight: Float32Array, mask: Float32Array | undefined, to: Float32Array): Float32Array {
  if (mask === undefined) return weight;
  for (let i = 0; i < mask.length; i++) to[i] = (weight[i] as number) * (mask[i] as number);
  return to;
}

/** The rows between the first and the last in which some of four columns of the mask are not zero, or more rows. */
function liveRows(
  mask: Float32Array,
  ranges: Int32Array | undefined,
  rows: number,
  stride: number,
  column: number,
): [start: number, end: number] {
  const range = 4 * (column >> 3);
  if (ranges !== undefined) return [ranges[range] as number, ranges[range + 1] as number];
  const columns = Math.min(4, stride - column);
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

function sumRows(dy: Float32Array, rows: number, columns: number, sums: Float32Array): void {
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let at = j; at < rows * columns; at += columns) sum += dy[at] as number;
    sums[j] = sum;
  }
}
