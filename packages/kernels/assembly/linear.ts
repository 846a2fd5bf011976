import { endOfLiveColumns, endOfLiveRows, firstLiveColumn, firstLiveRow } from "./live-range";
import { packColumns, packRows, transpose } from "./pack";
import { panelProduct } from "./panel-product";
import { loadPart, storePart } from "./part";

// A linear layer y = x·(W ⊙ mask) + bias and its gradients, on row-major matrices. Pointers that may be 0: mask, bias,
// gate. The packed operand and the block of rows that it meets stay in the caches.

/** Bytes of the left operand that one pass over all panels may touch: a part of the second-level cache; twice or half of it are as good. */
const BLOCK_BYTES = 1 << 17;

/** Rows of a batch that one pass of the weight gradient takes. */
const CHUNK = 512;

/** Between the rows of the transposed x: a power of two would send all of them to the same lines of the cache. */
const PADDING = 16;

/** Rows of a matrix that are packed at a time, for all panels. */
const ROWS_TO_PACK = 32;

/** Up to as many rows of the left operand, the right one is read too seldom for packing to pay. */
const FEW_ROWS = 8;

@inline
function rowsPerBlock(depth: i32): i32 {
  return max(4, (BLOCK_BYTES / (max(depth, 1) << 2)) & ~3);
}

/**
 * `y = x·(W ⊙ mask) + bias`, plus the y before with `accumulate`, then relu with `relu`. x `[batch, inputs]`, W and mask
 * `[inputs, outputs]`, y `[batch, outputs]`; scratch holds `8·⌈outputs/8⌉·inputs` numbers and 2 more for each panel.
 */
export function linearForward(
  x: usize, weight: usize, mask: usize, bias: usize, y: usize,
  batch: i32, inputs: i32, outputs: i32, accumulate: bool, relu: bool, scratch: usize,
): void {
  const panels = (outputs + 7) >> 3;
  const panelBytes = <usize>inputs << 5;
  const ranges = scratch + <usize>panels * panelBytes;
  const stride = <usize>outputs << 2;
  const isPlain = mask == 0 && batch <= FEW_ROWS;
  for (let p = 0; p < panels; p++) {
    const offset = <usize>p << 5;
    const columns = min(8, outputs - (p << 3));
    const start = mask == 0 ? 0 : firstLiveRow(mask + offset, stride, inputs, columns);
    const end = mask == 0 ? inputs : max(start, endOfLiveRows(mask + offset, stride, inputs, columns));
    store<i32>(ranges + (<usize>p << 3), start);
    store<i32>(ranges + (<usize>p << 3), end, 4);
  }
  // Some rows at a time: two panels share each line of the cache.
  for (let k = 0; k < inputs; k += ROWS_TO_PACK) {
    for (let p = 0; p < panels; p++) {
      const columns = min(8, outputs - (p << 3));
      if (isPlain && columns == 8) continue;
      const offset = <usize>p << 5;
      const start = max(k, load<i32>(ranges + (<usize>p << 3)));
      const end = min(k + ROWS_TO_PACK, load<i32>(ranges + (<usize>p << 3), 4));
      const ofMask = mask == 0 ? <usize>0 : mask + offset;
      packColumns(weight + offset, ofMask, stride, start, end, columns, scratch + <usize>p * panelBytes);
    }
  }
  const xStride = <usize>inputs << 2;
  const block = rowsPerBlock(inputs);
  for (let row = 0; row < batch; row += block) {
    const rows = min(block, batch - row);
    for (let p = 0; p < panels; p++) {
      const start = load<i32>(ranges + (<usize>p << 3));
      const depth = load<i32>(ranges + (<usize>p << 3), 4) - start;
      const columns = min(8, outputs - (p << 3));
      const isPacked = !isPlain || columns < 8;
      const packed = isPacked ? scratch + <usize>p * panelBytes + (<usize>start << 5) : weight + (<usize>p << 5);
      const from = x + <usize>row * xStride + (<usize>start << 2);
      const to = y + <usize>row * stride + (<usize>p << 5);
      const ofBias = bias == 0 ? <usize>0 : bias + (<usize>p << 5);
      panelProduct(
        from, xStride, packed, isPacked ? <usize>32 : stride, depth, rows, to, stride, columns, ofBias, 0, accumulate, relu,
      );
    }
  }
}

/**
 * `dx = dy·(W ⊙ mask)ᵀ`, 0 where `gate [batch, inputs]` is not positive, plus the dx before with `accumulate`. Scratch
 * holds `8·⌈inputs/8⌉·outputs` numbers and 2 more for each panel.
 */
export function linearInputGradient(
  dy: usize, weight: usize, mask: usize, gate: usize, dx: usize,
  batch: i32, inputs: i32, outputs: i32, accumulate: bool, scratch: usize,
): void {
  const panels = (inputs + 7) >> 3;
  const panelBytes = <usize>outputs << 5;
  const ranges = scratch + <usize>panels * panelBytes;
  const dyStride = <usize>outputs << 2;
  for (let p = 0; p < panels; p++) {
    const offset = <usize>(p << 3) * dyStride;
    const rows = min(8, inputs - (p << 3));
    const start = mask == 0 ? 0 : firstLiveColumn(mask + offset, dyStride, rows, outputs);
    const end = mask == 0 ? outputs : max(start, endOfLiveColumns(mask + offset, dyStride, rows, outputs));
    store<i32>(ranges + (<usize>p << 3), start);
    store<i32>(ranges + (<usize>p << 3), end, 4);
    const ofMask = mask == 0 ? <usize>0 : mask + offset;
    packRows(weight + offset, ofMask, dyStride, start, end, rows, scratch + <usize>p * panelBytes);
  }
  const dxStride = <usize>inputs << 2;
  const block = rowsPerBlock(outputs);
  for (let row = 0; row < batch; row += block) {
    const rows = min(block, batch - row);
    for (let p = 0; p < panels; p++) {
      const start = load<i32>(ranges + (<usize>p << 3));
      const depth = load<i32>(ranges + (<usize>p << 3), 4) - start;
      const packed = scratch + <usize>p * panelBytes + (<usize>start << 5);
      const from = dy + <usize>row * dyStride + (<usize>start << 2);
      const at = <usize>row * dxStride + (<usize>p << 5);
      const ofGate = gate == 0 ? <usize>0 : gate + at;
      panelProduct(
        from, dyStride, packed, 32, depth, rows, dx + at, dxStride, min(8, inputs - (p << 3)),
        0, ofGate, accumulate, false,
      );
    }
  }
}

/**
 * `dW = (xᵀ·dy) ⊙ mask` and, unless `dBias` is 0, `dBias = Σ dy`. Scratch holds `8·⌈outputs/8⌉` rows of
 * min(batch, 512) numbers, `inputs` rows of 16 more, and 2 more for each panel.
 */
export function linearWeightGradient(
  x: usize, dy: usize, mask: usize, dWeight: usize, dBias: usize,
  batch: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  if (outputs <= 4 && inputs >= 8 && batch > 0) {
    fewOutputsGradient(x, dy, mask, dWeight, dBias, batch, inputs, outputs, scratch);
    return;
  }
  const panels = (outputs + 7) >> 3;
  const chunk = min(batch, CHUNK);
  const panelBytes = <usize>chunk << 5;
  const columnBytes = <usize>(chunk + PADDING) << 2;
  const transposed = scratch + <usize>panels * panelBytes;
  const ranges = transposed + <usize>inputs * columnBytes;
  const xStride = <usize>inputs << 2;
  const stride = <usize>outputs << 2;
  // What lies outside of the ranges is never written.
  if (mask != 0 || batch == 0) memory.fill(dWeight, 0, <usize>inputs * stride);
  if (dBias != 0) memory.fill(dBias, 0, stride);
  for (let p = 0; p < panels; p++) {
    const columns = min(8, outputs - (p << 3));
    const ofMask = mask + (<usize>p << 5);
    const start = mask == 0 ? 0 : firstLiveRow(ofMask, stride, inputs, columns);
    store<i32>(ranges + (<usize>p << 3), start);
    const end = mask == 0 ? inputs : max(start, endOfLiveRows(ofMask, stride, inputs, columns));
    store<i32>(ranges + (<usize>p << 3), end, 4);
  }
  for (let row = 0; row < batch; row += chunk) {
    const depth = min(chunk, batch - row);
    transpose(x + <usize>row * xStride, xStride, depth, inputs, transposed, columnBytes);
    for (let k = 0; k < depth; k += ROWS_TO_PACK) {
      for (let p = 0; p < panels; p++) {
        const columns = min(8, outputs - (p << 3));
        if (columns == 8 && inputs <= FEW_ROWS) continue;
        const right = dy + <usize>row * stride + (<usize>p << 5);
        packColumns(right, 0, stride, k, min(k + ROWS_TO_PACK, depth), columns, scratch + <usize>p * panelBytes);
      }
    }
    for (let p = 0; p < panels; p++) {
      const offset = <usize>p << 5;
      const columns = min(8, outputs - (p << 3));
      const isPacked = columns < 8 || inputs > FEW_ROWS;
      const right = isPacked ? scratch + <usize>p * panelBytes : dy + <usize>row * stride + offset;
      const rightStride = isPacked ? <usize>32 : stride;
      if (dBias != 0) addRows(right, rightStride, depth, dBias + offset, columns);
      const start = load<i32>(ranges + (<usize>p << 3));
      const count = load<i32>(ranges + (<usize>p << 3), 4) - start;
      const at = <usize>start * stride + offset;
      const ofMask = mask == 0 ? <usize>0 : mask + at;
      panelProduct(
        transposed + <usize>start * columnBytes, columnBytes, right, rightStride, depth, count,
        dWeight + at, stride, columns, 0, ofMask, row > 0, false,
      );
    }
  }
}

/**
 * The weight gradient of up to four outputs, by way of its transpose dyᵀ·x: dy is the smaller one to transpose, and x is
 * read as it is.
 */
function fewOutputsGradient(
  x: usize, dy: usize, mask: usize, dWeight: usize, dBias: usize,
  batch: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  const chunk = min(batch, CHUNK);
  const columnBytes = <usize>(chunk + PADDING) << 2;
  const transposed = scratch + (<usize>chunk << 5);
  const sums = transposed + <usize>outputs * columnBytes;
  const xStride = <usize>inputs << 2;
  const stride = <usize>outputs << 2;
  if (dBias != 0) memory.fill(dBias, 0, stride);
  for (let row = 0; row < batch; row += chunk) {
    const depth = min(chunk, batch - row);
    transpose(dy + <usize>row * stride, stride, depth, outputs, transposed, columnBytes);
    for (let j = 0; dBias != 0 && j < outputs; j++) {
      const at = dBias + (<usize>j << 2);
      store<f32>(at, load<f32>(at) + sum(transposed + <usize>j * columnBytes, depth));
    }
    for (let column = 0; column < inputs; column += 8) {
      const columns = min(8, inputs - column);
      const offset = <usize>column << 2;
      let right = x + <usize>row * xStride + offset;
      let rightStride = xStride;
      if (columns < 8) {
        packColumns(right, 0, xStride, 0, depth, columns, scratch);
        right = scratch;
        rightStride = 32;
      }
      panelProduct(
        transposed, columnBytes, right, rightStride, depth, outputs,
        sums + offset, xStride, columns, 0, 0, row > 0, false,
      );
    }
  }
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) {
      const at = <usize>(i * outputs + j) << 2;
      const isLive = mask == 0 || load<f32>(mask + at) > 0;
      store<f32>(dWeight + at, isLive ? load<f32>(sums + <usize>j * xStride + (<usize>i << 2)) : 0);
    }
  }
}

/** The sum of `count` numbers, in eight chains. */
function sum(at: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  for (; count >= 8; count -= 8, at += 32) {
    a = f32x4.add(a, v128.load(at));
    b = f32x4.add(b, v128.load(at, 16));
  }
  a = f32x4.add(f32x4.add(a, b), f32x4.add(loadPart(at, count), loadPart(at + 16, count - 4)));
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}

/** Adds rows of eight numbers to `sums`. Two chains of sums, so that one addition need not wait for the last. */
function addRows(from: usize, stride: usize, depth: i32, sums: usize, columns: i32): void {
  let a0 = loadPart(sums, columns);
  let a1 = loadPart(sums + 16, columns - 4);
  let b0 = f32x4.splat(0);
  let b1 = b0;
  for (let k = depth >> 1; k > 0; k--) {
    a0 = f32x4.add(a0, v128.load(from));
    a1 = f32x4.add(a1, v128.load(from, 16));
    from += stride;
    b0 = f32x4.add(b0, v128.load(from));
    b1 = f32x4.add(b1, v128.load(from, 16));
    from += stride;
  }
  if (depth & 1) {
    a0 = f32x4.add(a0, v128.load(from));
    a1 = f32x4.add(a1, v128.load(from, 16));
  }
  storePart(sums, f32x4.add(a0, b0), columns);
  storePart(sums + 16, f32x4.add(a1, b1), columns - 4);
}
