import type { RandomStream } from "./random-stream.ts";

/**
 * The logarithm of a draw of the Gamma distribution with rate 1, which a small concentration would let underflow: by the
 * rejection method of Marsaglia and Tsang (2000, https://doi.org/10.1145/358407.358414).
 */
export function drawLogGamma(random: RandomStream, concentration: number): number {
  // Below 1 a Gamma is one of concentration + 1 times a power of a uniform number.
  if (concentration < 1) {
    return drawLogGamma(random, concentration + 1) + Math.log(random.uniform()) / concentration;
  }
  const d = concentration - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = random.normal();
    const v = (1 + c * z) ** 3;
    if (v <= 0) continue;
    if (Math.log(random.uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
