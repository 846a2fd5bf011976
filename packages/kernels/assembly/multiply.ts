/** `to = values ⊙ factors`; to may be either. */
export function multiply(values: usize, factors: usize, to: usize, count: i32): void {
  const end = to + (<usize>count << 2);
  const wholeEnd = to + (<usize>(count & ~3) << 2);
  for (; to < wholeEnd; to += 16, values += 16, factors += 16) {
    v128.store(to, f32x4.mul(v128.load(values), v128.load(factors)));
  }
  for (; to < end; to += 4, values += 4, factors += 4) store<f32>(to, load<f32>(values) * load<f32>(factors));
}
