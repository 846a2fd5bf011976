import { firstHalves, highPairs, lastHalves, lowPairs } from "./lanes";
import { loadPart, storePart } from "./part";
import { madd } from "./vector-maths";

// The shapes of a product. Each keeps eight sums, which with the operands just fit into the 16 registers of an x86
// processor; more would be spilled, and so would be a loop that is unrolled here: engines do that themselves.
//
// Where `gate`, a matrix laid out like Y or 0, is not positive, the product counts as 0: the derivative of relu, or the
// mask of a weight. `columns` of Y exist; `bias` points to them, or is 0.

/**
 * Up to eight columns of Y = gate(A·B + bias) (+ Y), then relu: four rows and eight columns at a time.
 *
 * A is row-major, `rows × depth`. B has `depth` rows of eight numbers, `bStride` bytes apart: packed, 32, with zeros in the
 * columns that do not exist, or, when all do, a matrix as it is. Rows beyond the last repeat the first of their group and
 * are not stored.
 */
export function panelProduct(
  a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, rows: i32,
  y: usize, yStride: usize, columns: i32,
  bias: usize, gate: usize, accumulate: bool, relu: bool,
): void {
  const whole = columns < 8 ? 0 : rows & ~3;
  if (whole > 0) wholeProduct(a, aStride, b, bStride, depth, whole, y, yStride, bias, gate, accumulate, relu);
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (bias != 0) {
    bias0 = loadPart(bias, columns);
    bias1 = loadPart(bias + 16, columns - 4);
  }
  const end = b + <usize>depth * bStride;
  for (let row = whole; row < rows; row += 4) {
    const left = rows - row;
    let a0 = a + <usize>row * aStride;
    let a1 = left > 1 ? a0 + aStride : a0;
    let a2 = left > 2 ? a1 + aStride : a0;
    let a3 = left > 3 ? a2 + aStride : a0;
    let at = b;
    let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1;
    let c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
    for (; at < end; at += bStride) {
      const b0 = v128.load(at), b1 = v128.load(at, 16);
      let v = v128.load_splat<f32>(a0);
      c00 = madd(v, b0, c00);
      c01 = madd(v, b1, c01);
      v = v128.load_splat<f32>(a1);
      c10 = madd(v, b0, c10);
      c11 = madd(v, b1, c11);
      v = v128.load_splat<f32>(a2);
      c20 = madd(v, b0, c20);
      c21 = madd(v, b1, c21);
      v = v128.load_splat<f32>(a3);
      c30 = madd(v, b0, c30);
      c31 = madd(v, b1, c31);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    const to = y + <usize>row * yStride;
    const ofGate = gate == 0 ? <usize>0 : gate + <usize>row * yStride;
    const step = gate == 0 ? <usize>0 : yStride;
    finish(to, c00, c01, columns, ofGate, accumulate, relu);
    if (left > 1) finish(to + yStride, c10, c11, columns, ofGate + step, accumulate, relu);
    if (left > 2) finish(to + 2 * yStride, c20, c21, columns, ofGate + 2 * step, accumulate, relu);
    if (left > 3) finish(to + 3 * yStride, c30, c31, columns, ofGate + 3 * step, accumulate, relu);
  }
}

/** Like panelProduct, for whole groups of four rows and all eight columns: only the sums need registers. */
function wholeProduct(
  a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, rows: i32, y: usize, yStride: usize,
  bias: usize, gate: usize, accumulate: bool, relu: bool,
): void {
  const end = b + <usize>depth * bStride;
  const yEnd = y + <usize>rows * yStride;
  const toGate = gate - y;
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (bias != 0) {
    bias0 = v128.load(bias);
    bias1 = v128.load(bias, 16);
  }
  for (; y < yEnd; y += 4 * yStride) {
    let a0 = a;
    let a1 = a0 + aStride;
    let a2 = a1 + aStride;
    let a3 = a2 + aStride;
    a = a3 + aStride;
    let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1;
    let c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
    for (let at = b; at < end; at += bStride) {
      const b0 = v128.load(at), b1 = v128.load(at, 16);
      let v = v128.load_splat<f32>(a0);
      c00 = madd(v, b0, c00);
      c01 = madd(v, b1, c01);
      v = v128.load_splat<f32>(a1);
      c10 = madd(v, b0, c10);
      c11 = madd(v, b1, c11);
      v = v128.load_splat<f32>(a2);
      c20 = madd(v, b0, c20);
      c21 = madd(v, b1, c21);
      v = v128.load_splat<f32>(a3);
      c30 = madd(v, b0, c30);
      c31 = madd(v, b1, c31);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    storeWhole(
      y, yStride, c00, c01, c10, c11, c20, c21, c30, c31, gate == 0 ? gate : y + toGate, accumulate, relu,
    );
  }
}

/** Finishes and stores a tile of four rows and eight columns. */
@inline
function storeWhole(
  y: usize, stride: usize,
  c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128,
  gate: usize, accumulate: bool, relu: bool,
): void {
  const zero = f32x4.splat(0);
  const y1 = y + stride;
  const y2 = y1 + stride;
  const y3 = y2 + stride;
  if (gate != 0) {
    c00 = gated(c00, gate);
    c01 = gated(c01, gate + 16);
    gate += stride;
    c10 = gated(c10, gate);
    c11 = gated(c11, gate + 16);
    gate += stride;
    c20 = gated(c20, gate);
    c21 = gated(c21, gate + 16);
    gate += stride;
    c30 = gated(c30, gate);
    c31 = gated(c31, gate + 16);
  }
  if (accumulate) {
    c00 = f32x4.add(c00, v128.load(y));
    c01 = f32x4.add(c01, v128.load(y, 16));
    c10 = f32x4.add(c10, v128.load(y1));
    c11 = f32x4.add(c11, v128.load(y1, 16));
    c20 = f32x4.add(c20, v128.load(y2));
    c21 = f32x4.add(c21, v128.load(y2, 16));
    c30 = f32x4.add(c30, v128.load(y3));
    c31 = f32x4.add(c31, v128.load(y3, 16));
  }
  if (relu) {
    c00 = f32x4.pmax(c00, zero);
    c01 = f32x4.pmax(c01, zero);
    c10 = f32x4.pmax(c10, zero);
    c11 = f32x4.pmax(c11, zero);
    c20 = f32x4.pmax(c20, zero);
    c21 = f32x4.pmax(c21, zero);
    c30 = f32x4.pmax(c30, zero);
    c31 = f32x4.pmax(c31, zero);
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  v128.store(y1, c10);
  v128.store(y1, c11, 16);
  v128.store(y2, c20);
  v128.store(y2, c21, 16);
  v128.store(y3, c30);
  v128.store(y3, c31, 16);
}

/** The numbers where the gate is positive. */
@inline
export function gated(c: v128, gate: usize): v128 {
  return v128.and(c, f32x4.gt(v128.load(gate), f32x4.splat(0)));
}

/**
 * As panelProduct, for up to four columns, and B transposed: each of its columns is a row, `bStride` bytes apart. Products
 * of rows with rows, four numbers of the depth in a vector: four rows and two columns at a time, or two and four.
 */
export function narrowProduct(
  a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, rows: i32,
  y: usize, yStride: usize, columns: i32,
  bias: usize, gate: usize, accumulate: bool, relu: bool,
): void {
  const zero = f32x4.splat(0);
  const rest = depth & 3;
  const end = b + (<usize>(depth - rest) << 2);
  if (columns > 2) {
    const bias0 = bias == 0 ? zero : loadPart(bias, columns);
    for (let row = 0; row < rows; row += 2) {
      let a0 = a + <usize>row * aStride;
      let a1 = row + 1 < rows ? a0 + aStride : a0;
      let b0 = b;
      let b1 = b0 + bStride;
      let b2 = b1 + bStride;
      let b3 = columns > 3 ? b2 + bStride : b2;
      let c00 = zero, c01 = zero, c02 = zero, c03 = zero, c10 = zero, c11 = zero, c12 = zero, c13 = zero;
      while (b0 < end) {
        const v = v128.load(a0), w = v128.load(a1);
        let q = v128.load(b0);
        c00 = madd(v, q, c00);
        c10 = madd(w, q, c10);
        q = v128.load(b1);
        c01 = madd(v, q, c01);
        c11 = madd(w, q, c11);
        q = v128.load(b2);
        c02 = madd(v, q, c02);
        c12 = madd(w, q, c12);
        q = v128.load(b3);
        c03 = madd(v, q, c03);
        c13 = madd(w, q, c13);
        a0 += 16;
        a1 += 16;
        b0 += 16;
        b1 += 16;
        b2 += 16;
        b3 += 16;
      }
      if (rest > 0) {
        const v = loadPart(a0, rest), w = loadPart(a1, rest);
        let q = loadPart(b0, rest);
        c00 = madd(v, q, c00);
        c10 = madd(w, q, c10);
        q = loadPart(b1, rest);
        c01 = madd(v, q, c01);
        c11 = madd(w, q, c11);
        q = loadPart(b2, rest);
        c02 = madd(v, q, c02);
        c12 = madd(w, q, c12);
        q = loadPart(b3, rest);
        c03 = madd(v, q, c03);
        c13 = madd(w, q, c13);
      }
      const to = y + <usize>row * yStride;
      const ofGate = gate == 0 ? <usize>0 : gate + <usize>row * yStride;
      finishHalf(to, f32x4.add(totals(c00, c01, c02, c03), bias0), columns, ofGate, accumulate, relu);
      if (row + 1 == rows) return;
      const step = gate == 0 ? <usize>0 : yStride;
      finishHalf(to + yStride, f32x4.add(totals(c10, c11, c12, c13), bias0), columns, ofGate + step, accumulate, relu);
    }
    return;
  }
  const bias0 = bias == 0 ? zero : v128.load_splat<f32>(bias);
  const bias1 = bias == 0 || columns < 2 ? zero : v128.load_splat<f32>(bias, 4);
  for (let row = 0; row < rows; row += 4) {
    const left = rows - row;
    let a0 = a + <usize>row * aStride;
    let a1 = left > 1 ? a0 + aStride : a0;
    let a2 = left > 2 ? a1 + aStride : a0;
    let a3 = left > 3 ? a2 + aStride : a0;
    let b0 = b;
    let b1 = columns > 1 ? b0 + bStride : b0;
    let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
    while (b0 < end) {
      const v = v128.load(b0), w = v128.load(b1);
      let q = v128.load(a0);
      c00 = madd(q, v, c00);
      c01 = madd(q, w, c01);
      q = v128.load(a1);
      c10 = madd(q, v, c10);
      c11 = madd(q, w, c11);
      q = v128.load(a2);
      c20 = madd(q, v, c20);
      c21 = madd(q, w, c21);
      q = v128.load(a3);
      c30 = madd(q, v, c30);
      c31 = madd(q, w, c31);
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      b0 += 16;
      b1 += 16;
    }
    if (rest > 0) {
      const v = loadPart(b0, rest), w = loadPart(b1, rest);
      let q = loadPart(a0, rest);
      c00 = madd(q, v, c00);
      c01 = madd(q, w, c01);
      q = loadPart(a1, rest);
      c10 = madd(q, v, c10);
      c11 = madd(q, w, c11);
      q = loadPart(a2, rest);
      c20 = madd(q, v, c20);
      c21 = madd(q, w, c21);
      q = loadPart(a3, rest);
      c30 = madd(q, v, c30);
      c31 = madd(q, w, c31);
    }
    const to = y + <usize>row * yStride;
    const ofGate = gate == 0 ? <usize>0 : gate + <usize>row * yStride;
    const first = f32x4.add(totals(c00, c10, c20, c30), bias0);
    if (columns < 2) {
      finishColumn(to, yStride, left, first, ofGate, accumulate, relu);
      continue;
    }
    const second = f32x4.add(totals(c01, c11, c21, c31), bias1);
    if (left > 3) {
      finishPairs(to, yStride, lowPairs(first, second), ofGate, accumulate, relu);
      const ofLast = gate == 0 ? gate : ofGate + 2 * yStride;
      finishPairs(
        to + 2 * yStride, yStride, highPairs(first, second), ofLast, accumulate, relu,
      );
      continue;
    }
    const next = gate == 0 ? <usize>0 : ofGate + 4;
    finishColumn(to, yStride, left, first, ofGate, accumulate, relu);
    finishColumn(to + 4, yStride, left, second, next, accumulate, relu);
  }
}

/**
 * Up to eight columns of Y = gate(Aᵀ·B) (+ Y), four rows and eight columns at a time. A is stored in blocks of four
 * columns, `aBlock` bytes apart, with rows `aStride` bytes apart: a plain or packed matrix. B is as for panelProduct.
 * The rows `from` (a multiple of 4) `… to − 1` of Y are computed. The gate applies outside of `wholeStart … wholeEnd −
 * 1`.
 */
export function outerProduct(
  a: usize, aStride: usize, aBlock: usize, b: usize, bStride: usize, depth: i32, from: i32, to: i32,
  y: usize, yStride: usize, columns: i32,
  gate: usize, wholeStart: i32, wholeEnd: i32, accumulate: bool,
): void {
  const zero = f32x4.splat(0);
  const end = b + <usize>depth * bStride;
  for (let row = from; row < to; row += 4) {
    const left = to - row;
    let at = a + <usize>(row >> 2) * aBlock;
    let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
    for (let right = b; right < end; right += bStride) {
      const b0 = v128.load(right), b1 = v128.load(right, 16);
      let v = v128.load_splat<f32>(at);
      c00 = madd(v, b0, c00);
      c01 = madd(v, b1, c01);
      v = v128.load_splat<f32>(at, 4);
      c10 = madd(v, b0, c10);
      c11 = madd(v, b1, c11);
      v = v128.load_splat<f32>(at, 8);
      c20 = madd(v, b0, c20);
      c21 = madd(v, b1, c21);
      v = v128.load_splat<f32>(at, 12);
      c30 = madd(v, b0, c30);
      c31 = madd(v, b1, c31);
      at += aStride;
    }
    const out = y + <usize>row * yStride;
    const isGated = gate != 0 && (row < wholeStart || row + 4 > wholeEnd);
    const ofGate = isGated ? gate + <usize>row * yStride : <usize>0;
    if (columns >= 8 && left > 3) {
      storeWhole(out, yStride, c00, c01, c10, c11, c20, c21, c30, c31, ofGate, accumulate, false);
      continue;
    }
    const step = isGated ? yStride : <usize>0;
    finish(out, c00, c01, columns, ofGate, accumulate, false);
    if (left > 1) finish(out + yStride, c10, c11, columns, ofGate + step, accumulate, false);
    if (left > 2) finish(out + 2 * yStride, c20, c21, columns, ofGate + 2 * step, accumulate, false);
    if (left > 3) finish(out + 3 * yStride, c30, c31, columns, ofGate + 3 * step, accumulate, false);
  }
}

function finish(to: usize, c0: v128, c1: v128, columns: i32, gate: usize, accumulate: bool, relu: bool): void {
  const zero = f32x4.splat(0);
  if (gate != 0) {
    c0 = v128.and(c0, f32x4.gt(loadPart(gate, columns), zero));
    c1 = v128.and(c1, f32x4.gt(loadPart(gate + 16, columns - 4), zero));
  }
  if (accumulate) {
    c0 = f32x4.add(c0, loadPart(to, columns));
    c1 = f32x4.add(c1, loadPart(to + 16, columns - 4));
  }
  if (relu) {
    c0 = f32x4.pmax(c0, zero);
    c1 = f32x4.pmax(c1, zero);
  }
  storePart(to, c0, columns);
  storePart(to + 16, c1, columns - 4);
}

@inline
function finishHalf(to: usize, c: v128, columns: i32, gate: usize, accumulate: bool, relu: bool): void {
  const zero = f32x4.splat(0);
  if (columns >= 4) {
    if (gate != 0) c = v128.and(c, f32x4.gt(v128.load(gate), zero));
    if (accumulate) c = f32x4.add(c, v128.load(to));
    if (relu) c = f32x4.pmax(c, zero);
    v128.store(to, c);
    return;
  }
  if (gate != 0) c = v128.and(c, f32x4.gt(loadPart(gate, columns), zero));
  if (accumulate) c = f32x4.add(c, loadPart(to, columns));
  if (relu) c = f32x4.pmax(c, zero);
  storePart(to, c, columns);
}

/** The sums of the numbers of each of four vectors. */
@inline
export function totals(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(lowPairs(a, b), highPairs(a, b));
  const cd = f32x4.add(lowPairs(c, d), highPairs(c, d));
  return f32x4.add(firstHalves(ab, cd), lastHalves(ab, cd));
}

/** Two rows of two columns. */
@inline
function finishPairs(to: usize, stride: usize, c: v128, gate: usize, accumulate: bool, relu: bool): void {
  if (gate != 0) c = v128.and(c, f32x4.gt(loadPairs(gate, stride), f32x4.splat(0)));
  if (accumulate) c = f32x4.add(c, loadPairs(to, stride));
  if (relu) c = f32x4.pmax(c, f32x4.splat(0));
  v128.store64_lane(to, c, 0);
  v128.store64_lane(to + stride, c, 1);
}

@inline
function loadPairs(at: usize, stride: usize): v128 {
  return v128.load64_lane(at + stride, v128.load64_zero(at), 1);
}

/** Finishes up to four rows of a column. */
function finishColumn(
  to: usize, stride: usize, rows: i32, sums: v128, gate: usize, accumulate: bool, relu: bool,
): void {
  const step = gate == 0 ? <usize>0 : stride;
  finishOne(to, f32x4.extract_lane(sums, 0), gate, accumulate, relu);
  if (rows > 1) finishOne(to + stride, f32x4.extract_lane(sums, 1), gate + step, accumulate, relu);
  if (rows > 2) finishOne(to + 2 * stride, f32x4.extract_lane(sums, 2), gate + 2 * step, accumulate, relu);
  if (rows > 3) finishOne(to + 3 * stride, f32x4.extract_lane(sums, 3), gate + 3 * step, accumulate, relu);
}

@inline
function finishOne(to: usize, value: f32, gate: usize, accumulate: bool, relu: bool): void {
  if (gate != 0 && !(load<f32>(gate) > 0)) value = 0;
  if (accumulate) value += load<f32>(to);
  if (relu && value < 0) value = 0;
  store<f32>(to, value);
}
