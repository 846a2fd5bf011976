import { FEW_COLUMNS, FEW_ROWS, NARROW, THIN } from "./parts/linear-shapes";
import { blindOf, endOf, findLiveRows, isDense, RANGE_BYTES, startOf } from "./parts/live-range";
import { packEights, packFours } from "./parts/pack";
import { outerProduct } from "./parts/panel-product";
import { loadPart, storePart } from "./parts/part";
import { madd } from "./parts/vector-maths";

// The gradients of a linear layer for its weights and its bias; see linear.ts.

/** Rows of a batch that one pass of the weight gradient takes. */
const CHUNK = 256;

/** Rows of a pass without packing. All rows of such a chunk stay in the nearest cache. */
const PLAIN_CHUNK = 128;

/** Bytes between packed blocks. A power of two would map all blocks to the same cache lines. */
const PADDING = 64;

/**
 * `dW = (xᵀ·dy) ⊙ mask` and, unless `dBias` is 0, `dBias = Σ dy`. For each panel of eight outputs the scratch has
 * 8·min(batch, 256) + 20 numbers, and for each four inputs half of this number; or the size that `fewColumnsGradient`
 * needs.
 */
export function linearWeightGradient(
  x: usize, dy: usize, mask: usize, ranges: usize, dWeight: usize, dBias: usize,
  batch: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  if (inputs <= THIN && batch > 0) {
    thinGradient(x, dy, mask, dWeight, dBias, batch, inputs, outputs);
    return;
  }
  const stride = <usize>outputs << 2;
  // What lies outside of the ranges is never written.
  if (mask != 0 || batch == 0) memory.fill(dWeight, 0, <usize>inputs * stride);
  if (dBias != 0) memory.fill(dBias, 0, stride);
  let ofRanges: usize = 0;
  if (mask != 0 && ranges != 0) {
    const blind = blindOf(ranges);
    const skipped = <usize>blind << 2;
    if (dBias != 0) {
      sumBlind(dy, stride, batch, blind, dBias);
      dBias += skipped;
    }
    dy += skipped;
    dWeight += skipped;
    outputs -= blind;
    mask = isDense(ranges) ? 0 : mask + skipped;
    if (mask != 0) ofRanges = ranges + RANGE_BYTES;
  }
  // The last columns, if so few that the rows of a tile hold them. Many inputs would be packed twice for them.
  const few = outputs & 7;
  const isApart = few > 0 && few <= NARROW && inputs > few && batch > 0 && (outputs < 8 || inputs <= FEW_COLUMNS);
  const panels = isApart ? outputs >> 3 : (outputs + 7) >> 3;
  const blocks = (inputs + 3) >> 2;
  const xStride = <usize>inputs << 2;
  // Blocks and panels from here on are packed. Others are read where they are.
  const plainBlocks = inputs <= FEW_COLUMNS ? inputs >> 2 : 0;
  const plainPanels = outputs <= FEW_COLUMNS || inputs <= FEW_ROWS ? outputs >> 3 : 0;
  const isPlain = inputs <= FEW_COLUMNS && outputs <= FEW_COLUMNS;
  const chunk = min(batch, isPlain ? PLAIN_CHUNK : CHUNK);
  const panelBytes = (<usize>chunk << 5) + PADDING;
  const blockBytes = (<usize>chunk << 4) + PADDING;
  const left = scratch + <usize>panels * panelBytes;
  if (isApart) {
    const offset = <usize>panels << 5;
    const ofBias = dBias == 0 ? <usize>0 : dBias + offset;
    const ofMask = mask == 0 ? <usize>0 : mask + offset;
    fewColumnsGradient(x, dy + offset, ofMask, dWeight + offset, ofBias, batch, inputs, few, stride, scratch);
  }
  if (mask != 0 && ranges == 0) {
    ofRanges = left + <usize>blocks * blockBytes;
    findLiveRows(mask, inputs, outputs, ofRanges);
  }
  for (let row = 0; row < batch && panels > 0; row += chunk) {
    const depth = min(chunk, batch - row);
    const ofX = x + <usize>row * xStride;
    const ofDy = dy + <usize>row * stride;
    if (plainBlocks < blocks) packFours(ofX, xStride, depth, inputs, plainBlocks, left, blockBytes);
    if (plainPanels < panels) packEights(ofDy, stride, depth, outputs, plainPanels, scratch, panelBytes);
    for (let p = 0; p < panels; p++) {
      const offset = <usize>p << 5;
      const columns = min(8, outputs - (p << 3));
      const right = p < plainPanels ? ofDy + offset : scratch + <usize>p * panelBytes;
      const rightStride = p < plainPanels ? stride : <usize>32;
      if (dBias != 0) addRows(right, rightStride, depth, dBias + offset, columns);
      const start = startOf(ofRanges, p) & ~3;
      const end = endOf(ofRanges, p, inputs);
      const ofMask = mask == 0 ? <usize>0 : mask + offset;
      const plainEnd = min(end, plainBlocks << 2);
      const wholeStart = ofRanges == 0 ? 0 : load<i32>(ofRanges + (<usize>p << 4), 8);
      const wholeEnd = ofRanges == 0 ? 0 : load<i32>(ofRanges + (<usize>p << 4), 12);
      outerProduct(
        ofX, xStride, 16, right, rightStride, depth, start, plainEnd,
        dWeight + offset, stride, columns, ofMask, wholeStart, wholeEnd, row > 0,
      );
      outerProduct(
        left, 16, blockBytes, right, rightStride, depth, max(start, plainBlocks << 2), end,
        dWeight + offset, stride, columns, ofMask, wholeStart, wholeEnd, row > 0,
      );
    }
  }
}

/** The sums of the first columns of dy, chunk by chunk. */
function sumBlind(dy: usize, stride: usize, rows: i32, columns: i32, sums: usize): void {
  for (let column = 0; column < columns; column += 4) {
    const count = columns - column;
    const offset = <usize>column << 2;
    let all = f32x4.splat(0);
    let at = dy + offset;
    for (let row = 0; row < rows; row += PLAIN_CHUNK) {
      let sum = f32x4.splat(0);
      for (let k = min(PLAIN_CHUNK, rows - row); k > 0; k--, at += stride) sum = f32x4.add(sum, loadPart(at, count));
      all = f32x4.add(all, sum);
    }
    storePart(sums + offset, all, count);
  }
}

/** The gradients of up to two inputs and of the bias, as an input that is always 1, for eight outputs at a time. */
function thinGradient(
  x: usize, dy: usize, mask: usize, dWeight: usize, dBias: usize, batch: i32, inputs: i32, outputs: i32,
): void {
  const xStride = <usize>inputs << 2;
  const stride = <usize>outputs << 2;
  const ofSecond = xStride - 4;
  for (let column = 0; column < outputs; column += 8) {
    const columns = outputs - column;
    const zero = f32x4.splat(0);
    let b0 = zero, b1 = zero, u0 = zero, u1 = zero, v0 = zero, v1 = zero;
    let at = dy + (<usize>column << 2);
    let ofX = x;
    for (let row = 0; row < batch; row += PLAIN_CHUNK) {
      // A sum for each chunk: its error grows with the number of its terms.
      let s0 = zero, s1 = zero, t0 = zero, t1 = zero, w0 = zero, w1 = zero;
      for (let k = min(PLAIN_CHUNK, batch - row); k > 0; k--, at += stride, ofX += xStride) {
        const d0 = loadPart(at, columns), d1 = loadPart(at + 16, columns - 4);
        const first = v128.load_splat<f32>(ofX), second = v128.load_splat<f32>(ofX + ofSecond);
        s0 = f32x4.add(s0, d0);
        s1 = f32x4.add(s1, d1);
        t0 = madd(first, d0, t0);
        t1 = madd(first, d1, t1);
        w0 = madd(second, d0, w0);
        w1 = madd(second, d1, w1);
      }
      b0 = f32x4.add(b0, s0);
      b1 = f32x4.add(b1, s1);
      u0 = f32x4.add(u0, t0);
      u1 = f32x4.add(u1, t1);
      v0 = f32x4.add(v0, w0);
      v1 = f32x4.add(v1, w1);
    }
    const offset = <usize>column << 2;
    if (dBias != 0) storeEight(dBias + offset, b0, b1, columns, 0);
    storeEight(dWeight + offset, u0, u1, columns, mask == 0 ? mask : mask + offset);
    const next = offset + stride;
    if (inputs > 1) storeEight(dWeight + next, v0, v1, columns, mask == 0 ? mask : mask + next);
  }
}

/** Up to eight numbers, 0 where the mask is. */
function storeEight(to: usize, low: v128, high: v128, columns: i32, mask: usize): void {
  if (mask != 0) {
    const zero = f32x4.splat(0);
    low = v128.and(low, f32x4.gt(loadPart(mask, columns), zero));
    high = v128.and(high, f32x4.gt(loadPart(mask + 16, columns - 4), zero));
  }
  storePart(to, low, columns);
  storePart(to + 16, high, columns - 4);
}

/**
 * The weight gradient of up to four columns of the outputs, computed as its transpose dyᵀ·x, where these columns are
 * the rows of one tile.
 */
function fewColumnsGradient(
  x: usize, dy: usize, mask: usize, dWeight: usize, dBias: usize,
  batch: i32, inputs: i32, columns: i32, stride: usize, scratch: usize,
): void {
  const panels = (inputs + 7) >> 3;
  const plainPanels = inputs <= FEW_COLUMNS ? inputs >> 3 : 0;
  const chunk = min(batch, PLAIN_CHUNK);
  const panelBytes = (<usize>chunk << 5) + PADDING;
  const left = scratch + <usize>panels * panelBytes;
  const transposed = left + (<usize>chunk << 4);
  const xStride = <usize>inputs << 2;
  let sums = f32x4.splat(0);
  for (let row = 0; row < batch; row += chunk) {
    const depth = min(chunk, batch - row);
    const ofX = x + <usize>row * xStride;
    packFours(dy + <usize>row * stride, stride, depth, columns, 0, left, 0);
    if (plainPanels < panels) packEights(ofX, xStride, depth, inputs, plainPanels, scratch, panelBytes);
    for (let at = left, end = left + (<usize>depth << 4); at < end; at += 16) sums = f32x4.add(sums, v128.load(at));
    for (let p = 0; p < panels; p++) {
      const isPlain = p < plainPanels;
      outerProduct(
        left, 16, 0, isPlain ? ofX + (<usize>p << 5) : scratch + <usize>p * panelBytes, isPlain ? xStride : 32,
        depth, 0, columns, transposed + (<usize>p << 5), xStride, min(8, inputs - (p << 3)), 0, 0, 0, row > 0,
      );
    }
  }
  if (dBias != 0) storePart(dBias, sums, columns);
  for (let i = 0; i < inputs; i++) {
    const offset = <usize>i * stride;
    for (let j: usize = 0; j < <usize>columns; j++) {
      const at = offset + (j << 2);
      const isLive = mask == 0 || load<f32>(mask + at) > 0;
      store<f32>(dWeight + at, isLive ? load<f32>(transposed + j * xStride + (<usize>i << 2)) : 0);
    }
  }
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
