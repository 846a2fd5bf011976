import type { Key } from "@pushforward/core";
import type { GaussianMixtureOptions } from "../src/mixtures/gaussian-mixture.ts";

/** Three normals of two features, of full covariances. */
export const threeGaussians: GaussianMixtureOptions = {
  weights: [1, 2, 5],
  means: [
    [-2, 0],
    [1, 1.5],
    [0.5, -1],
  ],
  covariances: [
    [
      [0.5, 0.3],
      [0.3, 0.4],
    ],
    [
      [0.2, -0.1],
      [-0.1, 0.9],
    ],
    [
      [1, 0],
      [0, 0.3],
    ],
  ],
};

/** Gaussians similar to a fit result, as flat arrays: lower factors with rows of different sizes. */
export function manyGaussians(key: Key, components: number, features: number): GaussianMixtureOptions {
  const [a, b] = key.split();
  const scaleTrils = b.normal(components * features * features).map((value, at) => {
    const [i, j] = [Math.floor(at / features) % features, at % features];
    return i === j ? 0.4 + Math.abs(value) : i > j ? 0.3 * value : 0;
  });
  return {
    weights: Float64Array.from({ length: components }, (_, k) => k + 1),
    means: a.normal(components * features),
    scaleTrils,
  };
}
