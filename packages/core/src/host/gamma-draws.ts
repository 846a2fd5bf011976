import type { Key } from "../key.ts";

/** The smallest number that is returned: the inverse of its square root is still a finite float32. */
const SMALLEST = 1e-60;

/**
 * One attempt at a draw of the Gamma distribution with rate 1 and a shape of at least 1, from a normal number z and the
 * logarithm of a uniform number. Returns undefined for a rejected attempt, which happens to less than 5 % (Marsaglia
 * and Tsang 2000, https://doi.org/10.1145/358407.358414). For a shape below 1, draw a Gamma of shape + 1 and multiply
 * it by a uniform number to the power of 1/shape.
 */
export function gammaProposal(shape: number, z: number, logUniform: number): number | undefined {
  const d = shape - 1 / 3;
  const v = (1 + z / Math.sqrt(9 * d)) ** 3;
  return v > 0 && logUniform < 0.5 * z * z + d - d * v + d * Math.log(v) ? d * v : undefined;
}

/**
 * Draws of a χ² distribution: twice the draws of a Gamma distribution with half the degrees of freedom as its shape.
 */
export function chiSquaredDraws(key: Key, degreesOfFreedom: number, count: number): Float64Array {
  const shape = degreesOfFreedom / 2;
  const isBoosted = shape < 1;
  const result = new Float64Array(count);
  let open = Int32Array.from(result.keys());
  for (let round = 0; open.length > 0; round++) {
    const own = key.fold(round);
    const normals = own.fold("normal").normal(open.length);
    const uniforms = own.fold("uniform").uniform(open.length);
    open = open.filter((at, k) => {
      const logUniform = Math.log(1 - (uniforms[k] as number));
      const draw = gammaProposal(isBoosted ? shape + 1 : shape, normals[k] as number, logUniform);
      if (draw !== undefined) result[at] = 2 * draw;
      return draw === undefined;
    });
  }
  if (!isBoosted) return result;
  const powers = key.fold("power").uniform(count);
  // 1 − u is never 0.
  return result.map((value, k) => Math.max(SMALLEST, value * (1 - (powers[k] as number)) ** (1 / shape)));
}
