import { firstHalves, highPairs, lastHalves, lowPairs } from "./lanes";
import { isWhole } from "./live-range";
import { loadPart } from "./part";

// Matrices are row-major in the memory of tfjs. The product wants its right operand in panels of eight columns,
// [columns / 8][depth][8], so that a panel is read from front to back and stays in the nearest cache; the last up to four
// columns one after the other, [column][depth]. Masks are multiplied with where `ranges` says that they are not all ones.

/** Rows that are packed at a time, for all panels: neighboring panels share the lines of the cache. */
export const ROWS_TO_PACK = 32;

/** Packs eight columns of a matrix of `stride` bytes a row, rows `start … end − 1`, times their mask. */
export function packColumns(
  matrix: usize, mask: usize, ranges: usize, panel: i32, stride: usize, start: i32, end: i32, columns: i32, packed: usize,
): void {
  let at = matrix + <usize>start * stride;
  let to = packed + (<usize>start << 5);
  for (let k = start; k < end; k++, at += stride, to += 32) {
    let v0: v128, v1: v128;
    if (columns >= 8) {
      v0 = v128.load(at);
      v1 = v128.load(at, 16);
    } else {
      v0 = loadPart(at, columns);
      v1 = loadPart(at + 16, columns - 4);
    }
    if (!isWhole(ranges, panel, k, k + 1)) {
      const masked = mask + <usize>k * stride;
      v0 = f32x4.mul(v0, loadPart(masked, columns));
      v1 = f32x4.mul(v1, loadPart(masked + 16, columns - 4));
    }
    v128.store(to, v0);
    v128.store(to, v1, 16);
  }
}

/** Packs up to four columns one after the other, `packedStride` bytes apart. */
export function packNarrowColumns(
  matrix: usize, mask: usize, ranges: usize, panel: i32, stride: usize, start: i32, end: i32, columns: i32,
  packed: usize, packedStride: usize,
): void {
  let at = matrix + <usize>start * stride;
  let to = packed + (<usize>start << 2);
  let first = start;
  if (ranges == 0) {
    const step = stride << 2;
    for (; first + 4 <= end; first += 4, at += step, to += 16) {
      const r0 = loadPart(at, columns);
      const r1 = loadPart(at + stride, columns);
      const r2 = loadPart(at + (stride << 1), columns);
      const r3 = loadPart(at + 3 * stride, columns);
      const t0 = lowPairs(r0, r1);
      const t1 = lowPairs(r2, r3);
      v128.store(to, firstHalves(t0, t1));
      if (columns > 1) v128.store(to + packedStride, lastHalves(t0, t1));
      if (columns < 3) continue;
      const t2 = highPairs(r0, r1);
      const t3 = highPairs(r2, r3);
      v128.store(to + 2 * packedStride, firstHalves(t2, t3));
      if (columns > 3) v128.store(to + 3 * packedStride, lastHalves(t2, t3));
    }
  }
  for (let k = first; k < end; k++, at += stride, to += 4) {
    const masked = isWhole(ranges, panel, k, k + 1) ? <usize>0 : mask + <usize>k * stride;
    for (let j: usize = 0; j < <usize>columns; j++) {
      const value = load<f32>(at + (j << 2));
      store<f32>(to + j * packedStride, masked == 0 ? value : value * load<f32>(masked + (j << 2)));
    }
  }
}

/** Packs eight rows of a matrix as eight columns, columns `start … end − 1`, times their mask. */
export function packRows(
  matrix: usize, mask: usize, ranges: usize, panel: i32, stride: usize, start: i32, end: i32, rows: i32, packed: usize,
): void {
  const zero = f32x4.splat(0);
  for (let k = start; k < end; k += 4) {
    const columns = min(4, end - k);
    const from = matrix + (<usize>k << 2);
    const masked = isWhole(ranges, panel, k, k + columns) ? <usize>0 : mask + (<usize>k << 2);
    let to = packed + (<usize>k << 5);
    if (masked == 0 && rows == 8 && columns == 4) {
      transposeFour(from, stride, to);
      transposeFour(from + 4 * stride, stride, to + 16);
      continue;
    }
    for (let half = 0; half < 8; half += 4, to += 16) {
      const r0 = half < rows ? masked4(from, masked, stride, half, columns) : zero;
      const r1 = half + 1 < rows ? masked4(from, masked, stride, half + 1, columns) : zero;
      const r2 = half + 2 < rows ? masked4(from, masked, stride, half + 2, columns) : zero;
      const r3 = half + 3 < rows ? masked4(from, masked, stride, half + 3, columns) : zero;
      const t0 = lowPairs(r0, r1);
      const t1 = lowPairs(r2, r3);
      const t2 = highPairs(r0, r1);
      const t3 = highPairs(r2, r3);
      v128.store(to, firstHalves(t0, t1));
      if (columns > 1) v128.store(to, lastHalves(t0, t1), 32);
      if (columns > 2) v128.store(to, firstHalves(t2, t3), 64);
      if (columns > 3) v128.store(to, lastHalves(t2, t3), 96);
    }
  }
}

/** Transposes a block of four by four. The resulting rows are 32 bytes apart. */
@inline
function transposeFour(from: usize, stride: usize, to: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + stride);
  const r2 = v128.load(from + 2 * stride);
  const r3 = v128.load(from + 3 * stride);
  const t0 = lowPairs(r0, r1);
  const t1 = lowPairs(r2, r3);
  const t2 = highPairs(r0, r1);
  const t3 = highPairs(r2, r3);
  v128.store(to, firstHalves(t0, t1));
  v128.store(to, lastHalves(t0, t1), 32);
  v128.store(to, firstHalves(t2, t3), 64);
  v128.store(to, lastHalves(t2, t3), 96);
}

/** Copies up to four rows, columns `start … end − 1`, times their mask. */
export function packNarrowRows(
  matrix: usize, mask: usize, stride: usize, start: i32, end: i32, rows: i32, packed: usize,
): void {
  for (let row = 0; row < rows; row++, matrix += stride, mask += stride, packed += stride) {
    for (let at = <usize>start << 2; at < <usize>end << 2; at += 4) {
      store<f32>(packed + at, load<f32>(matrix + at) * load<f32>(mask + at));
    }
  }
}

@inline
function masked4(from: usize, mask: usize, stride: usize, row: i32, columns: i32): v128 {
  const at = <usize>row * stride;
  const v = loadPart(from + at, columns);
  return mask == 0 ? v : f32x4.mul(v, loadPart(mask + at, columns));
}

/** Copies blocks of four numbers of each row, `[blocks][rows][4]`, the last one filled up with zeros. */
export function packFours(
  from: usize, stride: usize, rows: i32, columns: i32, firstBlock: i32, packed: usize, blockBytes: usize,
): void {
  for (let row = 0; row < rows; row += ROWS_TO_PACK) {
    const count = min(ROWS_TO_PACK, rows - row);
    for (let block = firstBlock; block << 2 < columns; block++) {
      const left = columns - (block << 2);
      let at = from + <usize>row * stride + (<usize>block << 4);
      let to = packed + <usize>block * blockBytes + (<usize>row << 4);
      for (let k = 0; k < count; k++, at += stride, to += 16) v128.store(to, loadPart(at, left));
    }
  }
}

/** Copies blocks of eight numbers of each row, `[blocks][rows][8]`, the last one filled up with zeros. */
export function packEights(
  from: usize, stride: usize, rows: i32, columns: i32, firstBlock: i32, packed: usize, blockBytes: usize,
): void {
  for (let row = 0; row < rows; row += ROWS_TO_PACK) {
    const count = min(ROWS_TO_PACK, rows - row);
    for (let block = firstBlock; block << 3 < columns; block++) {
      const left = columns - (block << 3);
      let at = from + <usize>row * stride + (<usize>block << 5);
      let to = packed + <usize>block * blockBytes + (<usize>row << 5);
      for (let k = 0; k < count; k++, at += stride, to += 32) {
        v128.store(to, loadPart(at, left));
        v128.store(to, loadPart(at + 16, left - 4), 16);
      }
    }
  }
}
