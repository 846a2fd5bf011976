import { loadPart } from "./part";

// What a block of eight units sees, or is seen by, is a range when units are sorted by degree: only it is multiplied.
// The search ends at the first number that counts, so that a mask of ones costs nothing.

/** The first row in which one of eight columns of the mask is not zero; `rows` when all are. */
export function firstLiveRow(mask: usize, stride: usize, rows: i32, columns: i32): i32 {
  for (let k = 0; k < rows; k++) if (isLive(mask + <usize>k * stride, columns)) return k;
  return rows;
}

/** The row after the last in which one of eight columns of the mask is not zero. */
export function endOfLiveRows(mask: usize, stride: usize, rows: i32, columns: i32): i32 {
  for (let k = rows; k > 0; k--) if (isLive(mask + <usize>(k - 1) * stride, columns)) return k;
  return 0;
}

/** The first column, rounded down to a multiple of 4, in which one of eight rows of the mask is not zero. */
export function firstLiveColumn(mask: usize, stride: usize, rows: i32, columns: i32): i32 {
  for (let k = 0; k < columns; k += 4) if (hasLiveRow(mask, stride, rows, k, columns)) return k;
  return columns;
}

/** The column after the last in which one of eight rows of the mask is not zero, rounded up to a multiple of 4. */
export function endOfLiveColumns(mask: usize, stride: usize, rows: i32, columns: i32): i32 {
  for (let k = (columns + 3) & ~3; k > 0; k -= 4) {
    if (hasLiveRow(mask, stride, rows, k - 4, columns)) return min(k, columns);
  }
  return 0;
}

@inline
function isLive(at: usize, columns: i32): bool {
  if (columns >= 8) return v128.any_true(v128.or(v128.load(at), v128.load(at, 16)));
  return v128.any_true(v128.or(loadPart(at, columns), loadPart(at + 16, columns - 4)));
}

@inline
function hasLiveRow(mask: usize, stride: usize, rows: i32, column: i32, columns: i32): bool {
  let at = mask + (<usize>column << 2);
  let any = f32x4.splat(0);
  for (let i = 0; i < rows; i++, at += stride) any = v128.or(any, loadPart(at, columns - column));
  return v128.any_true(any);
}
