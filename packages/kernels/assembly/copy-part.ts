import { loadPart, storePart } from "./part";

/** `to = from`, or with `accumulate` `to += from`, of parts of matrices, whose rows are `…Stride` numbers apart. */
export function copyPart(
  from: usize, fromStride: i32, to: usize, toStride: i32, rows: i32, columns: i32, accumulate: bool,
): void {
  const fromStep = <usize>fromStride << 2;
  const toStep = <usize>toStride << 2;
  if (columns == 1) {
    for (let row = 0; row < rows; row++, from += fromStep, to += toStep) {
      const value = load<f32>(from);
      store<f32>(to, accumulate ? load<f32>(to) + value : value);
    }
    return;
  }
  for (let row = 0; row < rows; row++, from += fromStep, to += toStep) {
    for (let left = columns, i = from, o = to; left > 0; left -= 4, i += 16, o += 16) {
      const values = loadPart(i, left);
      storePart(o, accumulate ? f32x4.add(loadPart(o, left), values) : values, left);
    }
  }
}
