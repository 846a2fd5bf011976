/** `to = from`, or with `accumulate` `to += from`, for parts of matrices with rows `…Stride` numbers apart. */
export function copyPart(
  from: usize, fromStride: i32, to: usize, toStride: i32, rows: i32, columns: i32, accumulate: bool,
): void {
  const fromStep = <usize>fromStride << 2;
  const toStep = <usize>toStride << 2;
  // A column, or two, are the most frequent.
  if (columns == 1) {
    for (let row = 0; row < rows; row++, from += fromStep, to += toStep) copyOne(from, to, accumulate);
    return;
  }
  if (columns == 2) {
    for (let row = 0; row < rows; row++, from += fromStep, to += toStep) {
      let pair = v128.load64_zero(from);
      if (accumulate) pair = f32x4.add(pair, v128.load64_zero(to));
      v128.store64_lane(to, pair, 0);
    }
    return;
  }
  const wholeBytes = <usize>(columns & ~3) << 2;
  const bytes = <usize>columns << 2;
  for (let row = 0; row < rows; row++, from += fromStep, to += toStep) {
    let i: usize = 0;
    for (; i < wholeBytes; i += 16) {
      const values = v128.load(from + i);
      v128.store(to + i, accumulate ? f32x4.add(v128.load(to + i), values) : values);
    }
    for (; i < bytes; i += 4) copyOne(from + i, to + i, accumulate);
  }
}

@inline
function copyOne(from: usize, to: usize, accumulate: bool): void {
  const value = load<f32>(from);
  store<f32>(to, accumulate ? load<f32>(to) + value : value);
}
