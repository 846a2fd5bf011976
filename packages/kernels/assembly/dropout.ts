import { threefryBlocks } from "./threefry";

/**
 * Zero where a uniform draw of the key (k0, k1), a multiple of 2⁻²⁴, is below `limit`·2⁻²⁴, and `kept` elsewhere. The
 * draws are `2·firstBlock …`, `count` of them. Scratch holds 8 numbers.
 */
export function dropoutMask(
  k0: i32, k1: i32, firstBlock: i32, limit: i32, kept: f32, out: usize, count: i32, scratch: usize,
): void {
  const limits = i32x4.splat(limit);
  const value = f32x4.splat(kept);
  for (let done = 0; done < count; done += 8) {
    const left = count - done;
    const at = out + (<usize>done << 2);
    const to = left < 8 ? scratch : at;
    threefryBlocks(k0, k1, firstBlock + (done >> 1), to);
    v128.store(to, v128.and(value, i32x4.ge_s(i32x4.shr_u(v128.load(to), 8), limits)));
    v128.store(to, v128.and(value, i32x4.ge_s(i32x4.shr_u(v128.load(to, 16), 8), limits)), 16);
    if (left < 8) memory.copy(at, scratch, <usize>left << 2);
  }
}
