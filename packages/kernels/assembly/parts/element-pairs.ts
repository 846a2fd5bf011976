// Numbers of two elements at a time as float64. Where there is an odd number of elements, the last one is taken twice.

/** The number at two places. */
@inline
export function loadPair(first: usize, second: usize): v128 {
  const pair = f32x4.replace_lane(v128.load32_splat(first), 1, load<f32>(second));
  return f64x2.promote_low_f32x4(pair);
}

/** Stores the number of each element at its place. */
@inline
export function storePair(first: usize, second: usize, values: v128): void {
  const pair = f32x4.demote_f64x2_zero(values);
  store<f32>(first, f32x4.extract_lane(pair, 0));
  store<f32>(second, f32x4.extract_lane(pair, 1));
}
