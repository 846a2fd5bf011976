import { toLanes } from "./lanes";
import { loadPart } from "./part";
import { atLeast, atMost, madd } from "./vector-maths";

/** Beyond, a number counts as this: an infinite one would meet a zero of the matrix. Its square is infinite all the same. */
const FAR: f32 = 1e30;

/** Clipped numbers of up to eight rows in two groups; rows that do not exist repeat one that does. */
export function toGroups(from: usize, stride: usize, n: i32, rows: i32, to: usize, group: usize): void {
  toLanes(from, stride, n, min(4, rows), to);
  toLanes(rows > 4 ? from + 4 * stride : from, stride, n, max(1, min(4, rows - 4)), to + group);
  for (let half = 0; half < 2; half++, to += group) {
    for (let at = to, end = to + (<usize>n << 4); at < end; at += 16) {
      v128.store(at, atLeast(atMost(v128.load(at), FAR), -FAR));
    }
  }
}

/** `u = x − mean` of two groups. */
@inline
export function center(x: usize, u: usize, group: usize, mean: usize, n: i32): void {
  for (const end = mean + (<usize>n << 2); mean < end; mean += 4, x += 16, u += 16) {
    const m = v128.load_splat<f32>(mean);
    v128.store(u, f32x4.sub(v128.load(x), m));
    v128.store(u + group, f32x4.sub(v128.load(x + group), m));
  }
}

/** `z = V·u + shift` of two groups, four features and eight rows at a time. */
@inline
export function whiten(u: usize, z: usize, group: usize, weights: usize, shift: usize, tiles: i32, n: i32): void {
  let at = weights;
  const v = u + group;
  for (let p = 0; p < tiles; p++) {
    const s = shift == 0 ? f32x4.splat(0) : loadPart(shift + (<usize>p << 4), n - (p << 2));
    let a0 = v128.shuffle<f32>(s, s, 0, 0, 0, 0), b0 = a0;
    let a1 = v128.shuffle<f32>(s, s, 1, 1, 1, 1), b1 = a1;
    let a2 = v128.shuffle<f32>(s, s, 2, 2, 2, 2), b2 = a2;
    let a3 = v128.shuffle<f32>(s, s, 3, 3, 3, 3), b3 = a3;
    let left = u;
    let right = v;
    for (const end = at + (<usize>(p + 1) << 6); at < end; at += 16, left += 16, right += 16) {
      const x = v128.load(left), y = v128.load(right);
      let w = v128.load_splat<f32>(at);
      a0 = madd(x, w, a0);
      b0 = madd(y, w, b0);
      w = v128.load_splat<f32>(at, 4);
      a1 = madd(x, w, a1);
      b1 = madd(y, w, b1);
      w = v128.load_splat<f32>(at, 8);
      a2 = madd(x, w, a2);
      b2 = madd(y, w, b2);
      w = v128.load_splat<f32>(at, 12);
      a3 = madd(x, w, a3);
      b3 = madd(y, w, b3);
    }
    storeFour(z + (<usize>p << 6), a0, a1, a2, a3);
    storeFour(z + group + (<usize>p << 6), b0, b1, b2, b3);
  }
}

@inline
export function storeFour(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}
