import { endOf, findLiveColumns, findLiveRows, RANGE_BYTES, startOf } from "./parts/live-range";
import { packColumns, packEights, packFours, packNarrowColumns, packNarrowRows, packRows, ROWS_TO_PACK } from "./parts/pack";
import { gated, narrowProduct, outerProduct, panelProduct } from "./parts/panel-product";
import { loadPart, storePart } from "./parts/part";
import { madd } from "./parts/vector-maths";

// A linear layer y = x·(W ⊙ mask) + bias and its gradients, on row-major matrices. Pointers that may be 0: mask, ranges,
// bias, gate. The packed operand and the block of rows that it meets stay in the caches.
//
// `ranges` begins with how many of the first outputs see nothing, and whether the others see all; from the fifth number on it
// holds four for each panel of eight of these others, see live-range, then for each panel of eight inputs. Where there is a
// mask without ranges, they are found in the call.

/** Bytes of rows of the left operand and of the result that one pass over all panels may touch. */
const BLOCK_BYTES = 1 << 16;

/** Rows of a batch that one pass of the weight gradient takes. */
const CHUNK = 256;

/** The same where nothing is packed, because all rows of a chunk then stay in the nearest cache. */
const PLAIN_CHUNK = 128;

/** Columns up to which a chunk of rows fits into the nearest cache as it is. */
const FEW_COLUMNS = 128;

/** Between packed blocks: a power of two would send all of them to the same lines of the cache. */
const PADDING = 64;

/** Up to as many rows of the left operand, the right one is read too seldom for packing to pay, of whatever size it is. */
const FEW_ROWS = 8;

/** Inputs whose weight gradient is computed together with that of the bias. */
const THIN = 2;

/** Columns that remain for a panel of their own shape. */
const NARROW = 4;

@inline
function rowsPerBlock(depth: i32, columns: i32): i32 {
  return max(16, (BLOCK_BYTES / ((depth + columns) << 2)) & ~3);
}

/**
 * `y = x·(W ⊙ mask) + bias`, plus the y before with `accumulate`, then relu with `relu`. x `[batch, inputs]`, W and mask
 * `[inputs, outputs]`, y `[batch, outputs]`; scratch holds `8·⌈outputs/8⌉·inputs` numbers and 4 more for each panel.
 */
export function linearForward(
  x: usize, weight: usize, mask: usize, ranges: usize, bias: usize, y: usize,
  batch: i32, inputs: i32, outputs: i32, accumulate: bool, relu: bool, scratch: usize,
): void {
  const xStride = <usize>inputs << 2;
  const stride = <usize>outputs << 2;
  let ofRanges: usize = 0;
  if (mask != 0 && ranges == 0) {
    ofRanges = scratch + <usize>((outputs + 7) >> 3) * (<usize>inputs << 5);
    findLiveRows(mask, inputs, outputs, ofRanges);
  } else if (mask != 0) {
    const blind = blindOf(ranges);
    fillBlind(y, stride, batch, blind, bias, accumulate, relu);
    const skipped = <usize>blind << 2;
    weight += skipped;
    y += skipped;
    if (bias != 0) bias += skipped;
    outputs -= blind;
    mask = isDense(ranges) ? 0 : mask + skipped;
    if (mask != 0) ofRanges = ranges + RANGE_BYTES;
  }
  product(
    x, xStride, weight, mask, stride, ofRanges, bias, y, stride, batch, inputs, outputs, accumulate, relu, scratch,
  );
}

/** How many outputs see nothing, and come before all others. */
@inline
function blindOf(ranges: usize): i32 {
  return load<i32>(ranges);
}

/** Whether all others see all inputs. */
@inline
function isDense(ranges: usize): bool {
  return load<i32>(ranges, 4) != 0;
}

/** The bias, or nothing, in the first columns of all rows. */
function fillBlind(
  y: usize, stride: usize, rows: i32, columns: i32, bias: usize, accumulate: bool, relu: bool,
): void {
  for (let column = 0; column < columns; column += 4) {
    const count = columns - column;
    const offset = <usize>column << 2;
    const value = bias == 0 ? f32x4.splat(0) : loadPart(bias + offset, count);
    let at = y + offset;
    for (let row = 0; row < rows; row++, at += stride) {
      let v = accumulate ? f32x4.add(value, loadPart(at, count)) : value;
      if (relu) v = f32x4.pmax(v, f32x4.splat(0));
      storePart(at, v, count);
    }
  }
}

/**
 * The same without a mask for parts of matrices, whose rows are `…Stride` numbers apart: the first `depth` columns of x
 * and rows of W, and the first `columns` of W and y.
 */
export function linearPart(
  x: usize, xStride: i32, weight: usize, weightStride: i32, bias: usize, y: usize, yStride: i32,
  batch: i32, depth: i32, columns: i32, accumulate: bool, relu: bool, scratch: usize,
): void {
  product(
    x, <usize>xStride << 2, weight, 0, <usize>weightStride << 2, 0, bias, y, <usize>yStride << 2,
    batch, depth, columns, accumulate, relu, scratch,
  );
}

/** Strides in bytes; `mask` is laid out like W, and has ranges. */
function product(
  x: usize, xStride: usize, weight: usize, mask: usize, weightStride: usize, ranges: usize, bias: usize,
  y: usize, yStride: usize, batch: i32, inputs: i32, outputs: i32, accumulate: bool, relu: bool, scratch: usize,
): void {
  const panels = (outputs + 7) >> 3;
  const panelBytes = <usize>inputs << 5;
  let first = 0;
  if (inputs > 0 && inputs <= THIN && !accumulate) {
    first = (outputs >> 4) << 1;
    for (let p = 0; p < first; p += 2) {
      const offset = <usize>p << 5;
      thinForward(
        x, xStride, weight + offset, weightStride, mask == 0 ? mask : mask + offset,
        bias == 0 ? bias : bias + offset, 0, y + offset, yStride, batch, inputs, relu,
      );
    }
  }
  const isPlain = mask == 0 && (batch <= FEW_ROWS || (inputs <= FEW_COLUMNS && weightStride <= <usize>FEW_COLUMNS << 2));
  for (let k = 0; k < inputs; k += ROWS_TO_PACK) {
    for (let p = first; p < panels; p++) {
      const columns = min(8, outputs - (p << 3));
      if (isPlain && columns == 8) continue;
      const offset = <usize>p << 5;
      const start = max(k, startOf(ranges, p));
      const end = min(k + ROWS_TO_PACK, endOf(ranges, p, inputs));
      const to = scratch + <usize>p * panelBytes;
      if (columns <= NARROW) {
        packNarrowColumns(
          weight + offset, mask + offset, ranges, p, weightStride, start, end, columns, to, <usize>inputs << 2,
        );
      } else packColumns(weight + offset, mask + offset, ranges, p, weightStride, start, end, columns, to);
    }
  }
  const block = rowsPerBlock(inputs, outputs);
  for (let row = 0; row < batch; row += block) {
    const rows = min(block, batch - row);
    for (let p = first; p < panels; p++) {
      const offset = <usize>p << 5;
      const start = startOf(ranges, p);
      const depth = endOf(ranges, p, inputs) - start;
      const columns = min(8, outputs - (p << 3));
      const packed = scratch + <usize>p * panelBytes;
      const from = x + <usize>row * xStride + (<usize>start << 2);
      const to = y + <usize>row * yStride + offset;
      const ofBias = bias == 0 ? <usize>0 : bias + offset;
      if (columns <= NARROW) {
        narrowProduct(
          from, xStride, packed + (<usize>start << 2), <usize>inputs << 2, depth, rows, to, yStride, columns,
          ofBias, 0, accumulate, relu,
        );
        continue;
      }
      const isPacked = !isPlain || columns < 8;
      const right = isPacked ? packed + (<usize>start << 5) : weight + offset;
      const rightStride = isPacked ? <usize>32 : weightStride;
      panelProduct(from, xStride, right, rightStride, depth, rows, to, yStride, columns, ofBias, 0, accumulate, relu);
    }
  }
}

/**
 * Sixteen columns of y from one or two columns of x: the weights stay in registers, and rows only pass by. `gate` is laid
 * out like y.
 */
function thinForward(
  x: usize, xStride: usize, weight: usize, weightStride: usize, mask: usize, bias: usize, gate: usize,
  y: usize, yStride: usize, rows: i32, inputs: i32, relu: bool,
): void {
  const zero = f32x4.splat(0);
  let b0 = zero, b1 = zero, b2 = zero, b3 = zero;
  if (bias != 0) {
    b0 = v128.load(bias);
    b1 = v128.load(bias, 16);
    b2 = v128.load(bias, 32);
    b3 = v128.load(bias, 48);
  }
  const u0 = maskedFour(weight, mask, 0), u1 = maskedFour(weight, mask, 16);
  const u2 = maskedFour(weight, mask, 32), u3 = maskedFour(weight, mask, 48);
  let v0 = zero, v1 = zero, v2 = zero, v3 = zero;
  if (inputs > 1) {
    const next = mask == 0 ? mask : mask + weightStride;
    v0 = maskedFour(weight + weightStride, next, 0);
    v1 = maskedFour(weight + weightStride, next, 16);
    v2 = maskedFour(weight + weightStride, next, 32);
    v3 = maskedFour(weight + weightStride, next, 48);
  }
  const least = f32x4.splat(relu ? 0 : -Infinity);
  // Of a masked autoregressive network of two features, the second is not seen.
  const isOne = gate == 0 && (inputs < 2 || (mask != 0 && isZero(mask + weightStride, 16)));
  const isGated = gate != 0;
  const ofSecond: usize = inputs > 1 ? 4 : 0;
  if (isOne) {
    for (; rows > 0; rows--, x += xStride, y += yStride) {
      const s = v128.load_splat<f32>(x);
      v128.store(y, f32x4.pmax(madd(s, u0, b0), least));
      v128.store(y, f32x4.pmax(madd(s, u1, b1), least), 16);
      v128.store(y, f32x4.pmax(madd(s, u2, b2), least), 32);
      v128.store(y, f32x4.pmax(madd(s, u3, b3), least), 48);
    }
    return;
  }
  for (; rows > 0; rows--, x += xStride, y += yStride, gate += yStride) {
    const s = v128.load_splat<f32>(x), t = v128.load_splat<f32>(x + ofSecond);
    let y0 = madd(t, v0, madd(s, u0, b0));
    let y1 = madd(t, v1, madd(s, u1, b1));
    let y2 = madd(t, v2, madd(s, u2, b2));
    let y3 = madd(t, v3, madd(s, u3, b3));
    if (isGated) {
      y0 = gated(y0, gate);
      y1 = gated(y1, gate + 16);
      y2 = gated(y2, gate + 32);
      y3 = gated(y3, gate + 48);
    }
    v128.store(y, f32x4.pmax(y0, least));
    v128.store(y, f32x4.pmax(y1, least), 16);
    v128.store(y, f32x4.pmax(y2, least), 32);
    v128.store(y, f32x4.pmax(y3, least), 48);
  }
}

/** Whether `count` numbers, a multiple of 4, are 0. */
function isZero(at: usize, count: i32): bool {
  let all = f32x4.splat(0);
  for (; count > 0; count -= 4, at += 16) all = v128.or(all, v128.load(at));
  return !v128.any_true(all);
}

@inline
function maskedFour(weight: usize, mask: usize, offset: usize): v128 {
  const v = v128.load(weight + offset);
  return mask == 0 ? v : f32x4.mul(v, v128.load(mask + offset));
}

/**
 * `dx = dy·(W ⊙ mask)ᵀ`, 0 where `gate [batch, inputs]` is not positive, plus the dx before with `accumulate`. Scratch
 * holds `8·⌈inputs/8⌉·outputs` numbers and 4 more for each panel.
 */
export function linearInputGradient(
  dy: usize, weight: usize, mask: usize, ranges: usize, gate: usize, dx: usize,
  batch: i32, inputs: i32, outputs: i32, accumulate: bool, scratch: usize,
): void {
  const panels = (inputs + 7) >> 3;
  const dyStride = <usize>outputs << 2;
  const dxStride = <usize>inputs << 2;
  let ofRanges: usize = 0;
  if (mask != 0 && ranges == 0) {
    ofRanges = scratch + <usize>panels * (<usize>outputs << 5);
    findLiveColumns(mask, inputs, outputs, ofRanges);
  } else if (mask != 0) {
    const blind = blindOf(ranges);
    const skipped = <usize>blind << 2;
    dy += skipped;
    weight += skipped;
    outputs -= blind;
    mask = isDense(ranges) ? 0 : mask + skipped;
    if (mask != 0) ofRanges = ranges + RANGE_BYTES + (<usize>((outputs + 7) >> 3) << 4);
  }
  if (mask == 0 && outputs > 0 && outputs <= THIN && !accumulate && (inputs & 15) == 0) {
    thinInputGradient(dy, dyStride, weight, gate, dx, batch, inputs, outputs, scratch);
    return;
  }
  const panelBytes = <usize>outputs << 5;
  for (let p = 0; p < panels; p++) {
    const offset = <usize>(p << 3) * dyStride;
    const rows = min(8, inputs - (p << 3));
    const start = startOf(ofRanges, p);
    const end = endOf(ofRanges, p, outputs);
    const to = scratch + <usize>p * panelBytes;
    if (rows > NARROW) packRows(weight + offset, mask + offset, ofRanges, p, dyStride, start, end, rows, to);
    else if (mask != 0) packNarrowRows(weight + offset, mask + offset, dyStride, start, end, rows, to);
  }
  const block = rowsPerBlock(outputs, inputs);
  for (let row = 0; row < batch; row += block) {
    const rows = min(block, batch - row);
    for (let p = 0; p < panels; p++) {
      const start = startOf(ofRanges, p);
      const depth = endOf(ofRanges, p, outputs) - start;
      const columns = min(8, inputs - (p << 3));
      const packed = scratch + <usize>p * panelBytes;
      const from = dy + <usize>row * dyStride + (<usize>start << 2);
      const at = <usize>row * dxStride + (<usize>p << 5);
      const ofGate = gate == 0 ? <usize>0 : gate + at;
      if (columns <= NARROW) {
        const right = mask == 0 ? weight + <usize>(p << 3) * dyStride : packed;
        narrowProduct(
          from, dyStride, right + (<usize>start << 2), dyStride, depth, rows, dx + at, dxStride, columns,
          0, ofGate, accumulate, false,
        );
        continue;
      }
      panelProduct(
        from, dyStride, packed + (<usize>start << 5), 32, depth, rows, dx + at, dxStride, columns,
        0, ofGate, accumulate, false,
      );
    }
  }
}

/** The same of one or two outputs, whose weights are brought into rows. */
function thinInputGradient(
  dy: usize, dyStride: usize, weight: usize, gate: usize, dx: usize, batch: i32, inputs: i32, outputs: i32,
  scratch: usize,
): void {
  const stride = <usize>inputs << 2;
  for (let i = 0; i < inputs; i++, weight += dyStride) {
    const to = scratch + (<usize>i << 2);
    store<f32>(to, load<f32>(weight));
    if (outputs > 1) store<f32>(to + stride, load<f32>(weight, 4));
  }
  for (let offset: usize = 0; offset < stride; offset += 64) {
    const ofGate = gate == 0 ? gate : gate + offset;
    thinForward(dy, dyStride, scratch + offset, stride, 0, 0, ofGate, dx + offset, stride, batch, outputs, false);
  }
}

/**
 * `dW = (xᵀ·dy) ⊙ mask` and, unless `dBias` is 0, `dBias = Σ dy`. Scratch holds for each panel of eight outputs
 * 8·min(batch, 256) + 20 numbers, and for each four inputs half of it; or what `fewColumnsGradient` needs.
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

/** The gradients of up to two inputs and of the bias, whose input is always 1, of eight outputs at a time. */
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
 * The weight gradient of up to four columns of the outputs, by way of its transpose dyᵀ·x, in which they are the rows of
 * one tile.
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
