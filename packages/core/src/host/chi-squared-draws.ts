import type { Key } from "../key.ts";

/** The smallest number that is returned: the inverse of its square root is still a finite float32. */
const SMALLEST = 1e-60;

/**
 * Draws of a χ² distribution, twice those of a Gamma with half as many degrees of freedom, by the rejection method of
 * Marsaglia and Tsang (2000, https://doi.org/10.1145/358407.358414), which keeps more than 95 % of the proposals.
 */
export function chiSquaredDraws(key: Key, degreesOfFreedom: number, count: number): Float64Array {
  const shape = degreesOfFreedom / 2;
  // Below 1 a Gamma is one of shape + 1 times a power of a uniform number.
  const isBoosted = shape < 1;
  const d = (isBoosted ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const result = new Float64Array(count);
  let open = Int32Array.from(result.keys());
  for (let round = 0; open.length > 0; round++) {
    const own = key.fold(round);
    const normals = own.fold("normal").normal(open.length);
    const uniforms = own.fold("uniform").uniform(open.length);
    open = open.filter((at, k) => {
      const z = normals[k] as number;
      const v = (1 + c * z) ** 3;
      if (v <= 0) return true;
      if (Math.log(1 - (uniforms[k] as number)) >= 0.5 * z * z + d - d * v + d * Math.log(v)) return true;
      result[at] = 2 * d * v;
      return false;
    });
  }
  if (!isBoosted) return result;
  const powers = key.fold("power").uniform(count);
  // 1 − u is never 0.
  return result.map((value, k) => Math.max(SMALLEST, value * (1 - (powers[k] as number)) ** (1 / shape)));
}
