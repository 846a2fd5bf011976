// Adam in float64 over float32 moments. The order of all operations is that of the step written in TypeScript, and
// nothing is fused, so that both give the same bits.

/** The sum of squares, in four sums that are added at the end. */
export function squaredNorm(values: usize, count: i32): f64 {
  let even = f64x2.splat(0);
  let odd = even;
  const wholeEnd = values + (<usize>(count & ~3) << 2);
  const end = values + (<usize>count << 2);
  for (; values < wholeEnd; values += 16) {
    const v = v128.load(values);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(upper(v));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  let a = f64x2.extract_lane(even, 0);
  for (; values < end; values += 4) {
    const v = <f64>load<f32>(values);
    a += v * v;
  }
  return a + f64x2.extract_lane(even, 1) + (f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1));
}

/**
 * `θ ← keep·θ − stepSize·m / (√v·rootScale + ε)` with `m ← β₁·m + (1 − β₁)·g`, `v ← β₂·v + (1 − β₂)·g²` and g the
 * gradient times `scale`. The new θ go to `next`, which may be `values`. Returns 1 when all of them are finite.
 */
export function adamStep(
  values: usize, gradient: usize, first: usize, second: usize, next: usize, count: i32,
  beta1: f64, beta2: f64, epsilon: f64, keep: f64, stepSize: f64, rootScale: f64, scale: f64,
): i32 {
  const gain1 = 1 - beta1;
  const gain2 = 1 - beta2;
  const isStill = keep == 1 && epsilon > 0;
  let check = f32x4.splat(0);
  const wholeEnd = values + (<usize>(count & ~3) << 2);
  const end = values + (<usize>count << 2);
  for (; values < wholeEnd; values += 16) {
    const g = v128.load(gradient);
    const m = v128.load(first);
    const v = v128.load(second);
    const x = v128.load(values);
    // Masked weights never have a gradient: four of them that have not moved and do not decay stay where they are.
    if (isStill && !v128.any_true(v128.or(v128.or(g, m), v))) {
      v128.store(next, x);
      check = f32x4.add(check, f32x4.mul(x, f32x4.splat(0)));
      gradient += 16;
      first += 16;
      second += 16;
      next += 16;
      continue;
    }
    const g0 = f64x2.mul(f64x2.promote_low_f32x4(g), f64x2.splat(scale));
    const g1 = f64x2.mul(f64x2.promote_low_f32x4(upper(g)), f64x2.splat(scale));
    const m0 = moment(f64x2.promote_low_f32x4(m), g0, beta1, gain1);
    const m1 = moment(f64x2.promote_low_f32x4(upper(m)), g1, beta1, gain1);
    const v0 = square(f64x2.promote_low_f32x4(v), g0, beta2, gain2);
    const v1 = square(f64x2.promote_low_f32x4(upper(v)), g1, beta2, gain2);
    v128.store(first, narrowed(m0, m1));
    v128.store(second, narrowed(v0, v1));
    const x0 = moved(f64x2.promote_low_f32x4(x), m0, v0, keep, stepSize, rootScale, epsilon);
    const x1 = moved(f64x2.promote_low_f32x4(upper(x)), m1, v1, keep, stepSize, rootScale, epsilon);
    const result = narrowed(x0, x1);
    v128.store(next, result);
    // 0·x is NaN for what is not finite, and stays so.
    check = f32x4.add(check, f32x4.mul(result, f32x4.splat(0)));
    gradient += 16;
    first += 16;
    second += 16;
    next += 16;
  }
  let rest: f32 = 0;
  for (; values < end; values += 4) {
    const g = <f64>load<f32>(gradient) * scale;
    const m = beta1 * <f64>load<f32>(first) + gain1 * g;
    const v = beta2 * <f64>load<f32>(second) + gain2 * g * g;
    store<f32>(first, <f32>m);
    store<f32>(second, <f32>v);
    const x = <f64>load<f32>(values) * keep - (stepSize * m) / (sqrt(v) * rootScale + epsilon);
    const result = <f32>x;
    store<f32>(next, result);
    rest += result * 0;
    gradient += 4;
    first += 4;
    second += 4;
    next += 4;
  }
  return i32x4.all_true(f32x4.eq(check, f32x4.splat(0))) && rest == 0 ? 1 : 0;
}

@inline
function upper(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 2, 3);
}

@inline
function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

@inline
function moment(before: v128, g: v128, beta: f64, gain: f64): v128 {
  return f64x2.add(f64x2.mul(f64x2.splat(beta), before), f64x2.mul(f64x2.splat(gain), g));
}

@inline
function square(before: v128, g: v128, beta: f64, gain: f64): v128 {
  return f64x2.add(f64x2.mul(f64x2.splat(beta), before), f64x2.mul(f64x2.mul(f64x2.splat(gain), g), g));
}

@inline
function moved(x: v128, m: v128, v: v128, keep: f64, stepSize: f64, rootScale: f64, epsilon: f64): v128 {
  const root = f64x2.add(f64x2.mul(f64x2.sqrt(v), f64x2.splat(rootScale)), f64x2.splat(epsilon));
  return f64x2.sub(f64x2.mul(x, f64x2.splat(keep)), f64x2.div(f64x2.mul(f64x2.splat(stepSize), m), root));
}
