/** `to += values`. */
export function add(values: usize, to: usize, count: i32): void {
  const end = to + (<usize>count << 2);
  const wholeEnd = to + (<usize>(count & ~3) << 2);
  for (; to < wholeEnd; to += 16, values += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(values)));
  for (; to < end; to += 4, values += 4) store<f32>(to, load<f32>(to) + load<f32>(values));
}
