import type { Distribution, Key } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";

const SAMPLES = 20_000;
export const SAMPLES_AT_ONCE = 5_000;

// Many draws of each batch member, in chunks that keep the backend's memory small.
export function drawMany(distribution: Distribution, key: Key): Float32Array[] {
  const members = sizeOf(distribution.batchShape);
  const size = sizeOf(distribution.eventShape);
  const result = Array.from({ length: members }, () => new Float32Array(SAMPLES * size));
  for (let start = 0; start < SAMPLES; start += SAMPLES_AT_ONCE) {
    const chunk = inTidy(() => hostCopy(distribution.sample(key.fold(start), [SAMPLES_AT_ONCE])));
    for (let i = 0; i < SAMPLES_AT_ONCE; i++) {
      for (let m = 0; m < members; m++) {
        const from = (i * members + m) * size;
        (result[m] as Float32Array).set(chunk.subarray(from, from + size), (start + i) * size);
      }
    }
  }
  return result;
}
