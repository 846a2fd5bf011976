import type { LinearKernels } from "../families/linear.ts";

/**
 * The linear kernels in TypeScript. Each kernel is a sum of products over one axis. It computes three by four sums at a
 * time, in float64. Both operands are first copied to float64 in reading order, because a conversion for each product
 * takes as long as the products.
 */
export const scalarLinear: LinearKernels = {
  linearForward(x, { weight, mask, ranges, bias }, y, { batch, inputs, outputs }, scratch, finish = {}) {
    if (finish.accumulate !== true) y.fill(0);
    addProducts({
      left: { values: x, outer: inputs, inner: 1, count: batch },
      right: { values: masked(weight, mask, scratch), outer: 1, inner: outputs, count: outputs },
      depth: inputs,
      to: y,
      stride: outputs,
      depths: (column) => (mask === undefined ? [0, inputs] : liveRows(mask, ranges, inputs, outputs, column)),
      bias,
    });
    if (finish.relu === true) relu(y, batch, outputs, outputs);
  },

  linearPart(x, weight, bias, y, sizes, _, finish = {}) {
    const { batch, depth, columns, xStart = 0, xStride, weightStart = 0, weightStride } = sizes;
    const { biasStart = 0, yStart = 0, yStride } = sizes;
    const to = y.subarray(yStart);
    if (finish.accumulate !== true) {
      for (let row = 0; row < batch; row++) to.fill(0, row * yStride, row * yStride + columns);
    }
    addProducts({
      left: { values: x.subarray(xStart), outer: xStride, inner: 1, count: batch },
      right: { values: weight.subarray(weightStart), outer: 1, inner: weightStride, count: columns },
      depth,
      to,
      stride: yStride,
      bias: bias?.subarray(biasStart),
    });
    if (finish.relu === true) relu(to, batch, columns, yStride);
  },

  linearInputGradient(dy, { weight, mask, ranges }, dx, { batch, inputs, outputs }, scratch, finish = {}) {
    if (finish.accumulate !== true) dx.fill(0);
    const blind = ranges?.[0] ?? 0;
    const panels = 4 * (1 + Math.ceil((outputs - blind) / 8));
    addProducts({
      left: { values: dy, outer: outputs, inner: 1, count: batch },
      right: { values: masked(weight, mask, scratch), outer: outputs, inner: 1, count: inputs },
      depth: outputs,
      to: dx,
      stride: inputs,
      depths: (column) => {
        const range = panels + 4 * (column >> 3);
        if (ranges === undefined) return [0, outputs];
        return [blind + (ranges[range] as number), blind + (ranges[range + 1] as number)];
      },
      gate: finish.accumulate === true ? finish.gate : undefined,
    });
    if (finish.gate !== undefined && finish.accumulate !== true) close(dx, finish.gate);
  },

  linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, _, ranges) {
    dWeight.fill(0);
    addProducts({
      left: { values: x, outer: 1, inner: inputs, count: inputs },
      right: { values: dy, outer: 1, inner: outputs, count: outputs },
      depth: batch,
      to: dWeight,
      stride: outputs,
      rows: (column) => (mask === undefined ? [0, inputs] : liveRows(mask, ranges, inputs, outputs, column)),
      gate: mask,
    });
    if (dBias !== undefined) sumRows(dy, batch, outputs, dBias);
  },
};

/** Rows or columns of a matrix, `outer` numbers apart; the numbers of each, over which is summed, `inner`. */
interface Operand {
  readonly values: Float32Array;
  readonly outer: number;
  readonly inner: number;
  readonly count: number;
}

type Range = readonly [start: number, end: number];

interface Products {
  readonly left: Operand;
  readonly right: Operand;
  readonly depth: number;
  readonly to: Float32Array;
  readonly stride: number;
  /** For four columns from this one: the range of the sum, and the range of rows. Default: the full range. */
  readonly depths?: ((column: number) => Range) | undefined;
  readonly rows?: ((column: number) => Range) | undefined;
  readonly bias?: Float32Array | undefined;
  /** Has the layout of `to`. Sums are added only where the gate is positive. */
  readonly gate?: Float32Array | undefined;
}

/** Rows that are computed at a time: with four columns more sums would not fit into the registers. */
const ROWS = 3;
const COLUMNS = 4;

/** Numbers over which is summed at a time. */
const DEPTH = 512;

// Constants, so that engines know where they are and how long; nothing is in them between two calls.
const rightCopy = new Float64Array(16384);
const leftCopy = new Float64Array(ROWS * DEPTH);
const tile = new Float64Array(ROWS * COLUMNS);

/** `to[i, j] += bias[j] + Σₖ left[i, k]·right[j, k]`. */
function addProducts(products: Products): void {
  const { right, depth } = products;
  for (let first = 0; first < depth || first === 0; first += DEPTH) {
    const size = Math.min(DEPTH, depth - first);
    const columns = COLUMNS * Math.floor(rightCopy.length / (COLUMNS * Math.max(size, 1)));
    for (let column = 0; column < right.count; column += columns) {
      addBlock(products, first, size, column, Math.min(columns, right.count - column));
    }
  }
}

/** The part of the sums over `depth` numbers from `first` on, of some columns that fit into the copy. */
function addBlock(products: Products, first: number, depth: number, firstColumn: number, columnCount: number): void {
  const { left, right, to, stride, depths, rows, gate } = products;
  const bias = first === 0 ? products.bias : undefined;
  const panels = Math.ceil(columnCount / COLUMNS);
  const panelSize = COLUMNS * depth;
  // Four numbers of each panel: over what is summed, and which rows there are.
  const bounds = new Int32Array(4 * panels);
  for (let p = 0; p < panels; p++) {
    const column = firstColumn + COLUMNS * p;
    const [start, end] = depths?.(column) ?? [0, products.depth];
    const [firstRow, endRow] = rows?.(column) ?? [0, left.count];
    bounds.set([Math.max(0, start - first), Math.min(depth, end - first), firstRow, endRow], 4 * p);
    const count = Math.min(COLUMNS, right.count - column);
    copyInterleaved(right, column, count, COLUMNS, first, depth, rightCopy, p * panelSize);
  }
  for (let row = 0; row < left.count; row += ROWS) {
    const rowCount = Math.min(ROWS, left.count - row);
    copyInterleaved(left, row, rowCount, ROWS, first, depth, leftCopy, 0);
    for (let p = 0; p < panels; p++) {
      const at = 4 * p;
      if (row + rowCount <= (bounds[at + 2] as number) || row >= (bounds[at + 3] as number)) continue;
      const column = firstColumn + COLUMNS * p;
      const columns = Math.min(COLUMNS, right.count - column);
      const isWhole = rowCount === ROWS && columns === COLUMNS && gate === undefined;
      const place = isWhole ? column + row * stride : -1;
      sumTile(bounds[at] as number, bounds[at + 1] as number, p * panelSize, bias, column, to, place, stride);
      if (!isWhole) addTile(to, stride, row, rowCount, column, columns, gate);
    }
  }
}

/**
 * Copies some rows or columns as float64: the first number of each, then the second number of each, and so on. The last
 * row or column is repeated to fill the width.
 */
function copyInterleaved(
  { values, outer, inner }: Operand,
  first: number,
  count: number,
  width: number,
  start: number,
  depth: number,
  to: Float64Array,
  at: number,
): void {
  for (let i = 0; i < width; i++) {
    let from = (first + Math.min(i, count - 1)) * outer + start * inner;
    const end = at + width * depth;
    for (let k = at + i; k < end; k += width) {
      to[k] = values[from] as number;
      from += inner;
    }
  }
}

/**
 * Adds the sums of one tile over `start … end − 1` to `out` from position `at` on. If `at` is −1, writes the sums to
 * the tile instead.
 */
function sumTile(
  start: number,
  end: number,
  panel: number,
  bias: Float32Array | undefined,
  column: number,
  out: Float32Array,
  at: number,
  stride: number,
): void {
  let s00 = bias?.[column] ?? 0;
  let s01 = bias?.[column + 1] ?? 0;
  let s02 = bias?.[column + 2] ?? 0;
  let s03 = bias?.[column + 3] ?? 0;
  let s10 = s00;
  let s11 = s01;
  let s12 = s02;
  let s13 = s03;
  let s20 = s00;
  let s21 = s01;
  let s22 = s02;
  let s23 = s03;
  let j = panel + COLUMNS * start;
  for (let i = ROWS * start; i < ROWS * end; i += ROWS) {
    const u = leftCopy[i] as number;
    const v = leftCopy[i + 1] as number;
    const x = leftCopy[i + 2] as number;
    let w = rightCopy[j] as number;
    s00 += u * w;
    s10 += v * w;
    s20 += x * w;
    w = rightCopy[j + 1] as number;
    s01 += u * w;
    s11 += v * w;
    s21 += x * w;
    w = rightCopy[j + 2] as number;
    s02 += u * w;
    s12 += v * w;
    s22 += x * w;
    w = rightCopy[j + 3] as number;
    s03 += u * w;
    s13 += v * w;
    s23 += x * w;
    j += COLUMNS;
  }
  if (at < 0) {
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
    return;
  }
  const second = at + stride;
  const third = second + stride;
  out[at] = (out[at] as number) + s00;
  out[at + 1] = (out[at + 1] as number) + s01;
  out[at + 2] = (out[at + 2] as number) + s02;
  out[at + 3] = (out[at + 3] as number) + s03;
  out[second] = (out[second] as number) + s10;
  out[second + 1] = (out[second + 1] as number) + s11;
  out[second + 2] = (out[second + 2] as number) + s12;
  out[second + 3] = (out[second + 3] as number) + s13;
  out[third] = (out[third] as number) + s20;
  out[third + 1] = (out[third + 1] as number) + s21;
  out[third + 2] = (out[third + 2] as number) + s22;
  out[third + 3] = (out[third + 3] as number) + s23;
}

function addTile(
  to: Float32Array,
  stride: number,
  row: number,
  rows: number,
  column: number,
  columns: number,
  gate: Float32Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = column + (row + i) * stride;
    for (let j = 0; j < columns; j++) {
      if (gate === undefined || (gate[at + j] as number) > 0) {
        to[at + j] = (to[at + j] as number) + (tile[COLUMNS * i + j] as number);
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

/** The bits of −∞. Negative integers below it are the bits of NaN. */
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
): Range {
  const columns = Math.min(4, stride - column);
  if (ranges !== undefined) return rangeOf(ranges, column, column + columns, rows);
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

/** The rows of columns `from … to − 1` by the ranges of their panels, which may be two. */
function rangeOf(ranges: Int32Array, from: number, to: number, rows: number): Range {
  const blind = ranges[0] as number;
  if (to <= blind) return [0, 0];
  let [start, end] = [rows, 0];
  for (let panel = Math.max(from - blind, 0) >> 3; panel <= (to - 1 - blind) >> 3; panel++) {
    start = Math.min(start, ranges[4 * (panel + 1)] as number);
    end = Math.max(end, ranges[4 * (panel + 1) + 1] as number);
  }
  return [Math.min(start, end), end];
}

function sumRows(dy: Float32Array, rows: number, columns: number, sums: Float32Array): void {
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let at = j; at < rows * columns; at += columns) sum += dy[at] as number;
    sums[j] = sum;
  }
}
