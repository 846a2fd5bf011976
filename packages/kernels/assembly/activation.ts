import { loadPart, storePart } from "./parts/part";
import { atLeast, exp, expm1, sigmoid, tanh } from "./parts/vector-maths";

// The kinds of activation, in the order of their names in the TypeScript half.
const RELU = 0;
const TANH = 1;
const ELU = 2;
const SIGMOID = 4;

@inline
function activated(z: v128, kind: i32): v128 {
  if (kind == RELU) return atLeast(z, 0);
  if (kind == TANH) return tanh(z);
  if (kind == ELU) return v128.bitselect(z, expm1(z), f32x4.gt(z, f32x4.splat(0)));
  if (kind == SIGMOID) return sigmoid(z);
  return f32x4.mul(z, sigmoid(z));
}

/** The derivative, from the activation h, or for silu from its input z. */
@inline
function derivative(saved: v128, kind: i32): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  if (kind == RELU) return v128.and(one, f32x4.gt(saved, zero));
  if (kind == TANH) return f32x4.sub(one, f32x4.mul(saved, saved));
  if (kind == ELU) return v128.bitselect(one, f32x4.add(saved, one), f32x4.gt(saved, zero));
  if (kind == SIGMOID) return f32x4.mul(saved, f32x4.sub(one, saved));
  // s = 1/(1 + e) and 1 − s = e·s: no difference of numbers near 1.
  const e = exp(f32x4.neg(saved));
  const s = f32x4.div(one, f32x4.add(one, e));
  return f32x4.mul(s, f32x4.add(one, f32x4.mul(saved, f32x4.mul(e, s))));
}

// The loops end where they are tested, so that what is the same in all rounds, the coefficients, is hoisted out of them.

/** `h = act(z)`; h may be z. */
export function activate(z: usize, h: usize, count: i32, kind: i32): void {
  let left = count;
  if (kind == RELU) {
    // So little to compute that the other kinds must not be asked for in each round.
    for (; left >= 16; left -= 16, z += 64, h += 64) {
      v128.store(h, atLeast(v128.load(z), 0));
      v128.store(h, atLeast(v128.load(z, 16), 0), 16);
      v128.store(h, atLeast(v128.load(z, 32), 0), 32);
      v128.store(h, atLeast(v128.load(z, 48), 0), 48);
    }
  }
  if (left > 0) do {
    if (left >= 4) v128.store(h, activated(v128.load(z), kind));
    else storePart(h, activated(loadPart(z, left), kind), left);
    z += 16;
    h += 16;
    left -= 4;
  } while (left > 0);
}

/** `dz = dh ⊙ act′`, plus the dz before with `accumulate`. `saved` is act(z), for silu z; dz may be dh. */
export function activateGradient(
  saved: usize, dh: usize, dz: usize, count: i32, kind: i32, accumulate: bool,
): void {
  let left = count;
  if (left > 0) do {
    if (left >= 4) {
      let d = f32x4.mul(v128.load(dh), derivative(v128.load(saved), kind));
      if (accumulate) d = f32x4.add(d, v128.load(dz));
      v128.store(dz, d);
    } else {
      let d = f32x4.mul(loadPart(dh, left), derivative(loadPart(saved, left), kind));
      if (accumulate) d = f32x4.add(d, loadPart(dz, left));
      storePart(dz, d, left);
    }
    saved += 16;
    dh += 16;
    dz += 16;
    left -= 4;
  } while (left > 0);
}
