// Lower triangular matrices of n features in tiles of 4 × 4 numbers, those on and below the diagonal, row of tiles by row
// of tiles. Within a tile each column is a vector, so that a product with a number gives four rows at once. What lies
// above the diagonal, or beyond the last feature, is 0.

/** Bytes of a triangle. */
@inline
export function triangleBytes(tiles: i32): usize {
  return <usize>(tiles * (tiles + 1)) << 5;
}

/** Where a tile begins. */
@inline
export function tileAt(triangle: usize, row: i32, column: i32): usize {
  return triangle + (<usize>(((row * (row + 1)) >> 1) + column) << 6);
}
