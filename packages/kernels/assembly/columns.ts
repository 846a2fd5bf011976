import { copyPart } from "./copy-part";

// Columns, rows and sums of row-major matrices: what stands between the layers of a flow.

/** `to[r, k] = from[r, columns[k]]`, rows of `from` `width` numbers long. */
export function gatherColumns(from: usize, width: i32, columns: usize, count: i32, to: usize, rows: i32): void {
  const stride = <usize>width << 2;
  if (count == 1) {
    copyPart(from + (<usize>load<i32>(columns) << 2), width, to, 1, rows, 1, false);
    return;
  }
  const end = columns + (<usize>count << 2);
  for (; rows > 0; rows--, from += stride) {
    for (let at = columns; at < end; at += 4, to += 4) {
      store<f32>(to, load<f32>(from + (<usize>load<i32>(at) << 2)));
    }
  }
}

/** `to[r, columns[k]] = from[r, k]`, plus the old value with `accumulate`; 0 if `from` is 0. */
export function scatterColumns(
  from: usize, columns: usize, count: i32, to: usize, width: i32, rows: i32, accumulate: bool,
): void {
  const stride = <usize>width << 2;
  if (count == 1 && from != 0) {
    copyPart(from, 1, to + (<usize>load<i32>(columns) << 2), width, rows, 1, accumulate);
    return;
  }
  const end = columns + (<usize>count << 2);
  for (; rows > 0; rows--, to += stride) {
    for (let at = columns; at < end; at += 4) {
      const target = to + (<usize>load<i32>(at) << 2);
      let value: f32 = 0;
      if (from != 0) {
        value = load<f32>(from);
        from += 4;
      }
      store<f32>(target, accumulate ? load<f32>(target) + value : value);
    }
  }
}

/** Adds the columns of each row to its sum in float64. */
export function addColumns(from: usize, width: i32, sums: usize, rows: i32): void {
  for (; rows > 0; rows--, sums += 8) {
    let sum = load<f64>(sums);
    for (let k = width; k > 0; k--, from += 4) sum += <f64>load<f32>(from);
    store<f64>(sums, sum);
  }
}

/** Sums in float64 as float32. */
export function roundSums(sums: usize, to: usize, count: i32): void {
  for (; count > 0; count--, sums += 8, to += 4) store<f32>(to, <f32>load<f64>(sums));
}

/** The number of each row as all of its columns. */
export function spreadColumns(from: usize, to: usize, width: i32, rows: i32): void {
  for (; rows > 0; rows--, from += 4) {
    const value = load<f32>(from);
    for (let k = width; k > 0; k--, to += 4) store<f32>(to, value);
  }
}

/** The sums of the columns. */
export function sumRows(from: usize, width: i32, to: usize, rows: i32): void {
  const stride = <usize>width << 2;
  for (let k = width; k > 0; k--, from += 4, to += 4) {
    let sum: f64 = 0;
    let at = from;
    for (let r = rows; r > 0; r--, at += stride) sum += <f64>load<f32>(at);
    store<f32>(to, <f32>sum);
  }
}

/** Copies one row to each row of `to`. The source may be the first row of `to`. */
export function repeatRow(row: usize, width: i32, to: usize, rows: i32): void {
  let known = <usize>width << 2;
  const size = known * <usize>rows;
  memory.copy(to, row, known);
  for (; known < size; known *= 2) memory.copy(to + known, to, min(known, size - known));
}

/** Each row less one row. */
export function subtractRow(from: usize, row: usize, to: usize, width: i32, rows: i32): void {
  const end = row + (<usize>width << 2);
  for (; rows > 0; rows--) {
    for (let at = row; at < end; at += 4, from += 4, to += 4) store<f32>(to, load<f32>(from) - load<f32>(at));
  }
}

/** `to = from`. */
export function copy(from: usize, to: usize, count: i32): void {
  memory.copy(to, from, <usize>count << 2);
}

/** `to = 0`. */
export function clear(to: usize, count: i32): void {
  memory.fill(to, 0, <usize>count << 2);
}
