import { loadPart } from "./part";

// What a block of eight units sees, or is seen by, is a range when units are sorted by degree: only it is multiplied. A
// range is four numbers: start, end, and start and end of a part in which the mask is all ones, so that it need not be
// read. They are found once for a mask by the caller, or in the call, which then looks for start and end only. Without a
// mask there are no ranges.

/** Bytes of a range. */
export const RANGE_BYTES: usize = 16;

@inline
export function startOf(ranges: usize, panel: i32): i32 {
  return ranges == 0 ? 0 : load<i32>(ranges + (<usize>panel << 4));
}

@inline
export function endOf(ranges: usize, panel: i32, size: i32): i32 {
  return ranges == 0 ? size : load<i32>(ranges + (<usize>panel << 4), 4);
}

/** `true` if numbers `from … to − 1` of the range are all ones in the mask. */
@inline
export function isWhole(ranges: usize, panel: i32, from: i32, to: i32): bool {
  if (ranges == 0) return true;
  const range = ranges + (<usize>panel << 4);
  return from >= load<i32>(range, 8) && to <= load<i32>(range, 12);
}

/** Finds for all panels the rows with a nonzero entry in the eight columns of the panel. */
export function findLiveRows(mask: usize, rows: i32, columns: i32, ranges: usize): void {
  const stride = <usize>columns << 2;
  for (let column = 0; column < columns; column += 8, mask += 32, ranges += RANGE_BYTES) {
    const count = min(8, columns - column);
    let start = 0;
    let end = rows;
    while (start < end && !isLive(mask + <usize>start * stride, count)) start++;
    while (end > start && !isLive(mask + <usize>(end - 1) * stride, count)) end--;
    storeRange(ranges, start, end);
  }
}

/** Finds for all panels the columns, in steps of four, with a nonzero entry in the eight rows of the panel. */
export function findLiveColumns(mask: usize, rows: i32, columns: i32, ranges: usize): void {
  const stride = <usize>columns << 2;
  for (let row = 0; row < rows; row += 8, mask += 8 * stride, ranges += RANGE_BYTES) {
    const count = min(8, rows - row);
    let start = 0;
    let end = (columns + 3) & ~3;
    while (start < end && !hasLiveRow(mask, stride, count, start, columns)) start += 4;
    while (end > start && !hasLiveRow(mask, stride, count, end - 4, columns)) end -= 4;
    storeRange(ranges, min(start, columns), min(end, columns));
  }
}

@inline
function storeRange(range: usize, start: i32, end: i32): void {
  store<i32>(range, start);
  store<i32>(range, end, 4);
  store<i32>(range, 0, 8);
  store<i32>(range, 0, 12);
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

/** Number of outputs that see no inputs. They precede all other outputs. */
@inline
export function blindOf(ranges: usize): i32 {
  return load<i32>(ranges);
}

/** `true` if all remaining outputs see all inputs. */
@inline
export function isDense(ranges: usize): bool {
  return load<i32>(ranges, 4) != 0;
}
