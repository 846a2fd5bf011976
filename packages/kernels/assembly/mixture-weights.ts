import { tileAt, triangleBytes } from "./parts/triangle";
import { madd } from "./parts/vector-maths";

/**
 * The triangles V = A·W of all components, W `[components, n, n]`. A has `diagonal [components, n]` and, below it,
 * `offDiagonal [components, n, n]`; if these are 0, A is the identity. The scratch has two triangles.
 */
export function mixtureWeights(
  whitening: usize, diagonal: usize, offDiagonal: usize, weights: usize, components: i32, n: i32, scratch: usize,
): void {
  const tiles = (n + 3) >> 2;
  const bytes = triangleBytes(tiles);
  const matrix = <usize>(n * n) << 2;
  const right = scratch + bytes;
  for (let k = 0; k < components; k++, whitening += matrix, weights += bytes) {
    if (diagonal == 0) {
      pack(whitening, 0, n, tiles, weights);
      continue;
    }
    pack(whitening, 0, n, tiles, right);
    pack(offDiagonal, diagonal, n, tiles, scratch);
    diagonal += <usize>n << 2;
    offDiagonal += matrix;
    for (let p = 0; p < tiles; p++) {
      for (let q = 0; q <= p; q++) {
        let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
        for (let t = q; t <= p; t++) {
          let a = tileAt(scratch, p, t);
          for (let w = tileAt(right, t, q), end = w + 16; w < end; w += 4, a += 16) {
            const v = v128.load(a);
            c0 = madd(v, v128.load_splat<f32>(w), c0);
            c1 = madd(v, v128.load_splat<f32>(w, 16), c1);
            c2 = madd(v, v128.load_splat<f32>(w, 32), c2);
            c3 = madd(v, v128.load_splat<f32>(w, 48), c3);
          }
        }
        storeTile(tileAt(weights, p, q), c0, c1, c2, c3);
      }
    }
  }
}

/**
 * The gradients of diagonal and offDiagonal, from the gradients of the triangles. The upper triangle of the offDiagonal
 * gradient becomes 0.
 */
export function mixtureWeightsGradient(
  whitening: usize, dWeights: usize, dDiagonal: usize, dOffDiagonal: usize, components: i32, n: i32, scratch: usize,
): void {
  const tiles = (n + 3) >> 2;
  const bytes = triangleBytes(tiles);
  const matrix = <usize>(n * n) << 2;
  const right = scratch + bytes;
  memory.fill(dOffDiagonal, 0, <usize>components * matrix);
  for (let k = 0; k < components; k++, whitening += matrix, dWeights += bytes) {
    pack(whitening, 0, n, tiles, right);
    for (let p = 0; p < tiles; p++) {
      for (let t = 0; t <= p; t++) {
        // dA = dV·Wᵀ. What dV holds above the diagonal meets zeros of W, or is not read.
        let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
        for (let q = 0; q <= t; q++) {
          let w = tileAt(right, t, q);
          for (let d = tileAt(dWeights, p, q), end = d + 64; d < end; d += 16, w += 16) {
            const v = v128.load(d);
            c0 = madd(v, v128.load_splat<f32>(w), c0);
            c1 = madd(v, v128.load_splat<f32>(w, 4), c1);
            c2 = madd(v, v128.load_splat<f32>(w, 8), c2);
            c3 = madd(v, v128.load_splat<f32>(w, 12), c3);
          }
        }
        storeTile(tileAt(scratch, p, t), c0, c1, c2, c3);
      }
    }
    for (let i = 0; i < n; i++) {
      const row = dOffDiagonal + (<usize>(i * n) << 2);
      for (let j = 0; j < i; j++) store<f32>(row + (<usize>j << 2), load<f32>(entry(scratch, i, j)));
      store<f32>(dDiagonal + (<usize>i << 2), load<f32>(entry(scratch, i, i)));
    }
    dDiagonal += <usize>n << 2;
    dOffDiagonal += matrix;
  }
}

@inline
function entry(triangle: usize, i: i32, j: i32): usize {
  return tileAt(triangle, i >> 2, j >> 2) + (<usize>(((j & 3) << 2) + (i & 3)) << 2);
}

@inline
function storeTile(tile: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  v128.store(tile, c0);
  v128.store(tile, c1, 16);
  v128.store(tile, c2, 32);
  v128.store(tile, c3, 48);
}

/** Packs the lower triangle of a matrix, with a different diagonal unless `diagonal` is 0. */
function pack(matrix: usize, diagonal: usize, n: i32, tiles: i32, to: usize): void {
  memory.fill(to, 0, triangleBytes(tiles));
  for (let i = 0; i < n; i++) {
    const row = matrix + (<usize>(i * n) << 2);
    for (let j = 0; j < i; j++) store<f32>(entry(to, i, j), load<f32>(row + (<usize>j << 2)));
    const own = diagonal == 0 ? row + (<usize>i << 2) : diagonal + (<usize>i << 2);
    store<f32>(entry(to, i, i), load<f32>(own));
  }
}
