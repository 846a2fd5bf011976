import { FEW_COLUMNS, FEW_ROWS, NARROW, THIN } from "./parts/linear-shapes";
import { blindOf, endOf, findLiveColumns, findLiveRows, isDense, RANGE_BYTES, startOf } from "./parts/live-range";
import { packColumns, packNarrowColumns, packNarrowRows, packRows, ROWS_TO_PACK } from "./parts/pack";
import { gated, narrowProduct, panelProduct } from "./parts/panel-product";
import { loadPart, storePart } from "./parts/part";
import { madd } from "./parts/vector-maths";

// A linear layer y = x·(W ⊙ mask) + bias and the gradient of x, on row-major matrices. Pointers that may be 0: mask, ranges,
// bias, gate. The packed operand and the block of rows that it meets stay in the caches.
//
// `ranges` begins with how many of the first outputs see nothing, and whether the others see all; from the fifth number on it
// holds four for each panel of eight of these others, see live-range, then for each panel of eight inputs. Where there is a
// mask without ranges, they are found in the call.

/** Bytes of rows of the left operand and of the result that one pass over all panels may touch. */
const BLOCK_BYTES = 1 << 16;

@inline
function rowsPerBlock(depth: i32, columns: i32): i32 {
  return max(16, (BLOCK_BYTES / ((depth + columns) << 2)) & ~3);
}

/**
 * `y = x·(W ⊙ mask) + bias`, plus the old y with `accumulate`, then relu with `relu`. x is `[batch, inputs]`, W and
 * mask `[inputs, outputs]`, y `[batch, outputs]`. The scratch has `8·⌈outputs/8⌉·inputs` numbers and 4 more for each
 * panel.
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

/** Writes the bias, or zero without a bias, to the first columns of all rows. */
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
 * The same without a mask, for parts of matrices with rows `…Stride` numbers apart: the first `depth` columns of x and
 * rows of W, and the first `columns` of W and y.
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

/** `true` if `count` numbers are 0; `count` is a multiple of 4. */
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
 * `dx = dy·(W ⊙ mask)ᵀ`, 0 where `gate [batch, inputs]` is not positive, plus the old dx with `accumulate`. The scratch
 * has `8·⌈inputs/8⌉·outputs` numbers and 4 more for each panel.
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

/** The same for one or two outputs, with weights rearranged into rows. */
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
