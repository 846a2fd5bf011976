// The words of a key: threefry2x32 with 20 rounds (Salmon et al. 2011), four blocks at a time.

/** The words of the blocks (block, 0) … (block + 3, 0) of the key (k0, k1): eight, in order. */
export function threefryBlocks(k0: i32, k1: i32, block: i32, to: usize): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let x = i32x4.add(i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3)), i32x4.splat(k0));
  let y = i32x4.splat(k1);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, i32x4.splat(k1)); y = i32x4.add(y, i32x4.splat(k2 + 1));
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 17), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 29), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 16), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 24), x);
  x = i32x4.add(x, i32x4.splat(k2)); y = i32x4.add(y, i32x4.splat(k0 + 2));
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, i32x4.splat(k0)); y = i32x4.add(y, i32x4.splat(k1 + 3));
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 17), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 29), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 16), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 24), x);
  x = i32x4.add(x, i32x4.splat(k1)); y = i32x4.add(y, i32x4.splat(k2 + 4));
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y); y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, i32x4.splat(k2)); y = i32x4.add(y, i32x4.splat(k0 + 5));
  v128.store(to, v128.shuffle<i32>(x, y, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<i32>(x, y, 2, 6, 3, 7), 16);
}

@inline
function rotated(y: v128, by: i32): v128 {
  return v128.or(i32x4.shl(y, by), i32x4.shr_u(y, 32 - by));
}
