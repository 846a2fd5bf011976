// Adam in float32, and the norm of its gradients in float64. The order of all operations is that of the step written in
// TypeScript, and nothing is fused, so that both give the same bits.

/** The sum of squares, in eight sums that are added at the end: one alone waits for the addition before it. */
export function squaredNorm(values: usize, count: i32): f64 {
  let s0 = f64x2.splat(0);
  let s2 = s0;
  let s4 = s0;
  let s6 = s0;
  const wholeEnd = values + (<usize>(count & ~7) << 2);
  const end = values + (<usize>count << 2);
  for (; values < wholeEnd; values += 32) {
    const v0 = f64x2.promote_low_f32x4(v128.load64_zero(values));
    const v2 = f64x2.promote_low_f32x4(v128.load64_zero(values, 8));
    const v4 = f64x2.promote_low_f32x4(v128.load64_zero(values, 16));
    const v6 = f64x2.promote_low_f32x4(v128.load64_zero(values, 24));
    s0 = f64x2.add(s0, f64x2.mul(v0, v0));
    s2 = f64x2.add(s2, f64x2.mul(v2, v2));
    s4 = f64x2.add(s4, f64x2.mul(v4, v4));
    s6 = f64x2.add(s6, f64x2.mul(v6, v6));
  }
  const sums = f64x2.add(f64x2.add(s0, s2), f64x2.add(s4, s6));
  let rest: f64 = 0;
  for (; values < end; values += 4) {
    const v = <f64>load<f32>(values);
    rest += v * v;
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + rest;
}

/** Size of a block that is tested as a unit for pending updates. */
const BLOCK_BYTES: usize = 512;

/**
 * `θ ← keep·θ − stepSize·(m / (√v·rootScale + ε))` with `m ← β₁·m + (1 − β₁)·g`, `v ← β₂·v + (1 − β₂)·g²` and g the
 * gradient times `scale`. |m| below `floor1` and v below `floor2` become 0. The new θ are written to `next`, which may
 * be `values`. Returns 1 when all new θ are finite.
 */
export function adamStep(
  values: usize, gradient: usize, first: usize, second: usize, next: usize, count: i32,
  beta1: f64, beta2: f64, epsilon: f32, keep: f32, stepSize: f32, rootScale: f32, scale: f32, floor1: f32, floor2: f32,
): i32 {
  const isShort1 = beta1 < 0.5;
  const isShort2 = beta2 < 0.5;
  const weight1 = <f32>(isShort1 ? beta1 : 1 - beta1);
  const weight2 = <f32>(isShort2 ? beta2 : 1 - beta2);
  const weights1 = f32x4.splat(weight1);
  const weights2 = f32x4.splat(weight2);
  const epsilons = f32x4.splat(epsilon);
  const keeps = f32x4.splat(keep);
  const stepSizes = f32x4.splat(stepSize);
  const rootScales = f32x4.splat(rootScale);
  const scales = f32x4.splat(scale);
  const floors1 = f32x4.splat(floor1);
  const floors2 = f32x4.splat(floor2);
  let check = f32x4.splat(0);
  const isUsual = !isShort1 && !isShort2;
  const isStill = keep == 1 && epsilon > 0;
  const wholeEnd = isUsual ? values + (<usize>(count & ~3) << 2) : values;
  const end = values + (<usize>count << 2);
  while (values < wholeEnd) {
    const blockEnd = min(values + BLOCK_BYTES, wholeEnd);
    const size = blockEnd - values;
    // Masked weights never have a gradient: where nothing has moved or decays, nothing is written.
    if (isStill && !v128.any_true(v128.load(gradient)) && isIdle(gradient, first, second, size)) {
      if (next != values) memory.copy(next, values, size);
      next += size;
      gradient += size;
      first += size;
      second += size;
      for (; values < blockEnd; values += 16) {
        const x = v128.load(values);
        check = v128.or(check, f32x4.sub(x, x));
      }
      continue;
    }
    // Tested at its end, and without a branch: engines then hoist the vectors of settings out of the loop.
    do {
      const g = f32x4.mul(v128.load(gradient), scales);
      let m = between(v128.load(first), g, weights1);
      let v = between(v128.load(second), f32x4.mul(g, g), weights2);
      m = v128.andnot(m, f32x4.lt(f32x4.abs(m), floors1));
      v = v128.andnot(v, f32x4.lt(v, floors2));
      v128.store(first, m);
      v128.store(second, v);
      const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), rootScales), epsilons);
      const x = f32x4.sub(f32x4.mul(v128.load(values), keeps), f32x4.mul(stepSizes, f32x4.div(m, root)));
      v128.store(next, x);
      // x − x is NaN for what is not finite, and 0 for the rest.
      check = v128.or(check, f32x4.sub(x, x));
      values += 16;
      gradient += 16;
      first += 16;
      second += 16;
      next += 16;
    } while (values < blockEnd);
  }
  let rest: f32 = 0;
  for (; values < end; values += 4) {
    const g = load<f32>(gradient) * scale;
    const square = g * g;
    let m = load<f32>(first);
    let v = load<f32>(second);
    m = isShort1 ? g + weight1 * (m - g) : m + weight1 * (g - m);
    v = isShort2 ? square + weight2 * (v - square) : v + weight2 * (square - v);
    if (abs(m) < floor1) m = 0;
    if (v < floor2) v = 0;
    store<f32>(first, m);
    store<f32>(second, v);
    const x = load<f32>(values) * keep - stepSize * (m / (sqrt(v) * rootScale + epsilon));
    store<f32>(next, x);
    rest += x - x;
    gradient += 4;
    first += 4;
    second += 4;
    next += 4;
  }
  return !v128.any_true(check) && rest == 0 ? 1 : 0;
}

/** `true` if both the gradient and the moments of earlier gradients are zero. */
function isIdle(gradient: usize, first: usize, second: usize, size: usize): bool {
  let all = f32x4.splat(0);
  for (const end = gradient + size; gradient < end; gradient += 16, first += 16, second += 16) {
    all = v128.or(all, v128.or(v128.load(gradient), v128.or(v128.load(first), v128.load(second))));
  }
  return !v128.any_true(all);
}

/** The point between two numbers: exact where they are the same, unlike `(1 − weight)·from + weight·to`. */
@inline
function between(from: v128, to: v128, weight: v128): v128 {
  return f32x4.add(from, f32x4.mul(weight, f32x4.sub(to, from)));
}
