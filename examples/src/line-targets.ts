import { type Key, type NdArray, ndArray } from "pushforward";

/** A density on the line that is known exactly. */
export interface LineTarget {
  /** Range that contains nearly all of the mass. */
  readonly range: readonly [number, number];
  /** Independent draws `[count, 1]`. */
  sample(key: Key, count: number): NdArray;
  /** Of points `[n, 1]`. */
  logProb(points: NdArray): Float64Array;
  readonly entropy: number;
  /** The lowest mean of −log q of any Gaussian q, `½ ln(2πe σ²)`: the best loss for an affine map of a Gaussian. */
  readonly gaussianLimit: number;
}

/** A mixture of normals with equal weights. */
export function normals(means: readonly number[], sds: readonly number[]): LineTarget {
  const n = means.length;
  const logDensity = (x: number): number => {
    const terms = means.map((mean, k) => {
      const sd = sds[k] as number;
      return -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd * Math.sqrt(2 * Math.PI) * n);
    });
    const peak = Math.max(...terms);
    return peak + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - peak), 0));
  };
  const mean = means.reduce((sum, m) => sum + m / n, 0);
  const variance = means.reduce((sum, m, k) => sum + ((sds[k] as number) ** 2 + (m - mean) ** 2) / n, 0);
  const reach = 5 * Math.max(...sds);
  return lineTarget([Math.min(...means) - reach, Math.max(...means) + reach], variance, logDensity, (u, z) => {
    const k = Math.min(n - 1, Math.floor(u * n));
    return (means[k] as number) + (sds[k] as number) * z;
  });
}

/** `p(x) = e^(−x)` for x ≥ 0. */
export function exponential(): LineTarget {
  const logDensity = (x: number): number => (x < 0 ? Number.NEGATIVE_INFINITY : -x);
  return lineTarget([0, 40], 1, logDensity, (u) => -Math.log1p(-u));
}

function lineTarget(
  range: readonly [number, number],
  variance: number,
  logDensity: (x: number) => number,
  draw: (u: number, z: number) => number,
): LineTarget {
  const steps = 200_000;
  const step = (range[1] - range[0]) / steps;
  let entropy = 0;
  for (let i = 0; i < steps; i++) {
    const value = logDensity(range[0] + (i + 0.5) * step);
    if (value > Number.NEGATIVE_INFINITY) entropy -= value * Math.exp(value) * step;
  }
  return {
    range,
    logProb: ({ data }) => Float64Array.from(data, logDensity),
    entropy,
    gaussianLimit: 0.5 * Math.log(2 * Math.PI * Math.E * variance),
    sample(key, count) {
      const [uniforms, z] = [key.fold("u").uniform(count), key.fold("z").normal(count)];
      return ndArray(
        [count, 1],
        Float64Array.from({ length: count }, (_, i) => draw(uniforms[i] as number, z[i] as number)),
      );
    },
  };
}
