/**
 * `average ← decay·average + (1 − decay)·values` in float32, computed as a point between the two: exact where they are
 * equal. The order of the operations is the same as in the TypeScript step, without fused operations, so that both
 * produce the same bits.
 */
export function moveAverage(average: usize, values: usize, count: i32, decay: f64): void {
  // From the end that weighs more: what is added is then small, and so is the error of its weight.
  const isShort = decay < 0.5;
  const weight = <f32>(isShort ? decay : 1 - decay);
  const weights = f32x4.splat(weight);
  const end = average + (<usize>count << 2);
  const wholeEnd = average + (<usize>(count & ~7) << 2);
  if (isShort) {
    for (; average < wholeEnd; average += 32, values += 32) {
      const v0 = v128.load(values);
      const v1 = v128.load(values, 16);
      v128.store(average, between(v0, v128.load(average), weights));
      v128.store(average, between(v1, v128.load(average, 16), weights), 16);
    }
  } else {
    for (; average < wholeEnd; average += 32, values += 32) {
      const a0 = v128.load(average);
      const a1 = v128.load(average, 16);
      v128.store(average, between(a0, v128.load(values), weights));
      v128.store(average, between(a1, v128.load(values, 16), weights), 16);
    }
  }
  for (; average < end; average += 4, values += 4) {
    const a = load<f32>(average);
    const v = load<f32>(values);
    store<f32>(average, isShort ? v + weight * (a - v) : a + weight * (v - a));
  }
}

@inline
function between(from: v128, to: v128, weight: v128): v128 {
  return f32x4.add(from, f32x4.mul(weight, f32x4.sub(to, from)));
}
