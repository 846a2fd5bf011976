import { loadPart, storePart } from "./part";
import { madd } from "./vector-maths";

/**
 * Eight columns of Y = gate(A·B + bias) (+ Y), then relu.
 *
 * A is row-major, `rows × depth`. B has `depth` rows of eight numbers, `bStride` bytes apart: packed, 32, with zeros in the
 * columns that do not exist, or, when all do, a matrix as it is. Four rows and eight columns make eight sums, which with
 * the operands just fit into the 16 registers of an x86 processor; more would be spilled, and so would be a loop that is
 * unrolled here: engines do that themselves. Rows beyond the last repeat the first of their group and are not stored.
 *
 * `columns` of the eight exist; up to four are a matter of their own, see narrowProduct. `bias` points to them, or is 0. Where `gate`, a matrix laid out like Y or 0, is not
 * positive, the product counts as 0: the derivative of relu, or the mask of a weight.
 */
export function panelProduct(
  a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, rows: i32,
  y: usize, yStride: usize, columns: i32,
  bias: usize, gate: usize, accumulate: bool, relu: bool,
): void {
  if (columns <= 4) {
    narrowProduct(a, aStride, b, bStride, depth, rows, y, yStride, columns, bias, gate, accumulate, relu);
    return;
  }
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (bias != 0) {
    bias0 = loadPart(bias, columns);
    bias1 = loadPart(bias + 16, columns - 4);
  }
  const end = b + <usize>depth * bStride;
  for (let row = 0; row < rows; row += 4) {
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
    if (columns >= 8 && left > 3) {
      finishWhole(to, c00, c01, ofGate, accumulate, relu);
      finishWhole(to + yStride, c10, c11, ofGate + step, accumulate, relu);
      finishWhole(to + 2 * yStride, c20, c21, ofGate + 2 * step, accumulate, relu);
      finishWhole(to + 3 * yStride, c30, c31, ofGate + 3 * step, accumulate, relu);
      continue;
    }
    finish(to, c00, c01, columns, ofGate, accumulate, relu);
    if (left > 1) finish(to + yStride, c10, c11, columns, ofGate + step, accumulate, relu);
    if (left > 2) finish(to + 2 * yStride, c20, c21, columns, ofGate + 2 * step, accumulate, relu);
    if (left > 3) finish(to + 3 * yStride, c30, c31, columns, ofGate + 3 * step, accumulate, relu);
  }
}

/** As panelProduct, for up to four columns: eight rows and four columns make eight sums. */
function narrowProduct(
  a: usize, aStride: usize, b: usize, bStride: usize, depth: i32, rows: i32,
  y: usize, yStride: usize, columns: i32,
  bias: usize, gate: usize, accumulate: bool, relu: bool,
): void {
  const bias0 = bias == 0 ? f32x4.splat(0) : loadPart(bias, columns);
  const end = b + <usize>depth * bStride;
  for (let row = 0; row < rows; row += 8) {
    const left = rows - row;
    let a0 = a + <usize>row * aStride;
    let a1 = left > 1 ? a0 + aStride : a0;
    let a2 = left > 2 ? a1 + aStride : a0;
    let a3 = left > 3 ? a2 + aStride : a0;
    let a4 = left > 4 ? a3 + aStride : a0;
    let a5 = left > 5 ? a4 + aStride : a0;
    let a6 = left > 6 ? a5 + aStride : a0;
    let a7 = left > 7 ? a6 + aStride : a0;
    let c0 = bias0, c1 = bias0, c2 = bias0, c3 = bias0, c4 = bias0, c5 = bias0, c6 = bias0, c7 = bias0;
    for (let at = b; at < end; at += bStride) {
      const w = v128.load(at);
      c0 = madd(v128.load_splat<f32>(a0), w, c0);
      c1 = madd(v128.load_splat<f32>(a1), w, c1);
      c2 = madd(v128.load_splat<f32>(a2), w, c2);
      c3 = madd(v128.load_splat<f32>(a3), w, c3);
      c4 = madd(v128.load_splat<f32>(a4), w, c4);
      c5 = madd(v128.load_splat<f32>(a5), w, c5);
      c6 = madd(v128.load_splat<f32>(a6), w, c6);
      c7 = madd(v128.load_splat<f32>(a7), w, c7);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
      a6 += 4;
      a7 += 4;
    }
    let to = y + <usize>row * yStride;
    let ofGate = gate == 0 ? <usize>0 : gate + <usize>row * yStride;
    const step = gate == 0 ? <usize>0 : yStride;
    finishNarrow(to, c0, columns, ofGate, accumulate, relu);
    if (left > 1) finishNarrow(to += yStride, c1, columns, ofGate += step, accumulate, relu);
    if (left > 2) finishNarrow(to += yStride, c2, columns, ofGate += step, accumulate, relu);
    if (left > 3) finishNarrow(to += yStride, c3, columns, ofGate += step, accumulate, relu);
    if (left > 4) finishNarrow(to += yStride, c4, columns, ofGate += step, accumulate, relu);
    if (left > 5) finishNarrow(to += yStride, c5, columns, ofGate += step, accumulate, relu);
    if (left > 6) finishNarrow(to += yStride, c6, columns, ofGate += step, accumulate, relu);
    if (left > 7) finishNarrow(to += yStride, c7, columns, ofGate += step, accumulate, relu);
  }
}

function finishNarrow(to: usize, c: v128, columns: i32, gate: usize, accumulate: bool, relu: bool): void {
  const zero = f32x4.splat(0);
  if (gate != 0) c = v128.and(c, f32x4.gt(loadPart(gate, columns), zero));
  if (accumulate) c = f32x4.add(c, loadPart(to, columns));
  if (relu) c = f32x4.pmax(c, zero);
  storePart(to, c, columns);
}

@inline
function finishWhole(to: usize, c0: v128, c1: v128, gate: usize, accumulate: bool, relu: bool): void {
  const zero = f32x4.splat(0);
  if (gate != 0) {
    c0 = v128.and(c0, f32x4.gt(v128.load(gate), zero));
    c1 = v128.and(c1, f32x4.gt(v128.load(gate, 16), zero));
  }
  if (accumulate) {
    c0 = f32x4.add(c0, v128.load(to));
    c1 = f32x4.add(c1, v128.load(to, 16));
  }
  if (relu) {
    c0 = f32x4.pmax(c0, zero);
    c1 = f32x4.pmax(c1, zero);
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
}

function finish(to: usize, c0: v128, c1: v128, columns: i32, gate: usize, accumulate: bool, relu: bool): void {
  if (columns >= 8) {
    finishWhole(to, c0, c1, gate, accumulate, relu);
    return;
  }
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
