import { loadPart } from "./part";

// Matrices are row-major in the memory of tfjs. The product wants its right operand in panels of eight columns,
// [columns / 8][depth][8], so that a panel is read from front to back and stays in the nearest cache.

/** Packs eight columns `from` … of a matrix of `stride` bytes a row, rows `start … end − 1`, times their mask. */
export function packColumns(
  matrix: usize, mask: usize, stride: usize, start: i32, end: i32, columns: i32, packed: usize,
): void {
  let at = matrix + <usize>start * stride;
  let masked = mask + <usize>start * stride;
  let to = packed + (<usize>start << 5);
  for (let k = start; k < end; k++, at += stride, masked += stride, to += 32) {
    let v0: v128, v1: v128;
    if (columns >= 8) {
      v0 = v128.load(at);
      v1 = v128.load(at, 16);
      if (mask != 0) {
        v0 = f32x4.mul(v0, v128.load(masked));
        v1 = f32x4.mul(v1, v128.load(masked, 16));
      }
    } else {
      v0 = loadPart(at, columns);
      v1 = loadPart(at + 16, columns - 4);
      if (mask != 0) {
        v0 = f32x4.mul(v0, loadPart(masked, columns));
        v1 = f32x4.mul(v1, loadPart(masked + 16, columns - 4));
      }
    }
    v128.store(to, v0);
    v128.store(to, v1, 16);
  }
}

/** Packs eight rows of a matrix as eight columns, columns `start … end − 1`, times their mask. */
export function packRows(
  matrix: usize, mask: usize, stride: usize, start: i32, end: i32, rows: i32, packed: usize,
): void {
  const zero = f32x4.splat(0);
  for (let k = start; k < end; k += 4) {
    const columns = min(4, end - k);
    const from = matrix + (<usize>k << 2);
    const masked = mask == 0 ? <usize>0 : mask + (<usize>k << 2);
    let to = packed + (<usize>k << 5);
    for (let half = 0; half < 8; half += 4, to += 16) {
      const r0 = half < rows ? masked4(from, masked, stride, half, columns) : zero;
      const r1 = half + 1 < rows ? masked4(from, masked, stride, half + 1, columns) : zero;
      const r2 = half + 2 < rows ? masked4(from, masked, stride, half + 2, columns) : zero;
      const r3 = half + 3 < rows ? masked4(from, masked, stride, half + 3, columns) : zero;
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
      if (columns > 1) v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 32);
      if (columns > 2) v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 64);
      if (columns > 3) v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 96);
    }
  }
}

@inline
function masked4(from: usize, mask: usize, stride: usize, row: i32, columns: i32): v128 {
  const at = <usize>row * stride;
  const v = loadPart(from + at, columns);
  return mask == 0 ? v : f32x4.mul(v, loadPart(mask + at, columns));
}

/** Writes the transpose of a `rows × columns` matrix, its rows `stride` bytes apart, as rows `toStride` bytes apart. */
export function transpose(from: usize, stride: usize, rows: i32, columns: i32, to: usize, toStride: usize): void {
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let row = 0; row < wholeRows; row += 4) {
    const a0 = from + <usize>row * stride;
    const a1 = a0 + stride;
    const a2 = a1 + stride;
    const a3 = a2 + stride;
    let out = to + (<usize>row << 2);
    for (let column: usize = 0; column < <usize>wholeColumns << 2; column += 16) {
      const r0 = v128.load(a0 + column);
      const r1 = v128.load(a1 + column);
      const r2 = v128.load(a2 + column);
      const r3 = v128.load(a3 + column);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
      out += toStride;
      v128.store(out, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
      out += toStride;
      v128.store(out, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
      out += toStride;
      v128.store(out, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
      out += toStride;
    }
  }
  for (let row = 0; row < rows; row++) {
    const at = from + <usize>row * stride;
    for (let column = row < wholeRows ? wholeColumns : 0; column < columns; column++) {
      store<f32>(to + <usize>column * toStride + (<usize>row << 2), load<f32>(at + (<usize>column << 2)));
    }
  }
}
