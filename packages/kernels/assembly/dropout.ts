import { threefryBlocks } from "./parts/threefry";

/**
 * Writes `count` numbers: zero where 16 bits of the key (k0, k1) are below `limit`, and `kept` elsewhere. A block has
 * four numbers; the first block is `firstBlock`. The scratch has 16 numbers.
 */
export function dropoutMask(
  k0: i32, k1: i32, firstBlock: i32, limit: i32, kept: f32, out: usize, count: i32, scratch: usize,
): void {
  const limits = i16x8.splat(<i16>limit);
  const value = f32x4.splat(kept);
  for (let done = 0; done < count; done += 16) {
    const left = count - done;
    const at = out + (<usize>done << 2);
    const to = left < 16 ? scratch : at;
    threefryBlocks(k0, k1, firstBlock + (done >> 2), to);
    const first = i16x8.ge_u(v128.load(to), limits);
    const second = i16x8.ge_u(v128.load(to, 16), limits);
    v128.store(to, v128.and(value, i32x4.extend_low_i16x8_s(first)));
    v128.store(to, v128.and(value, i32x4.extend_high_i16x8_s(first)), 16);
    v128.store(to, v128.and(value, i32x4.extend_low_i16x8_s(second)), 32);
    v128.store(to, v128.and(value, i32x4.extend_high_i16x8_s(second)), 48);
    if (left < 16) memory.copy(at, scratch, <usize>left << 2);
  }
}
