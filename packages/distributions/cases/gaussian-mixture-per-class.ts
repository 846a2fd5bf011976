import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { GaussianMixturePerClass } from "../src/mixtures/conditional-gaussian-mixture.ts";
import { manyGaussians } from "./gaussians.ts";

/** Contexts of a number, and three classes in turn. */
function classContexts(key: Key, count: number): Float32Array {
  const numbers = key.normal(count);
  return Float32Array.from({ length: 4 * count }, (_, i) =>
    i % 4 === 1 ? (numbers[i >> 2] as number) : Number([0, 2, 3][(i >> 2) % 3] === i % 4),
  );
}

const threeClasses = { contextFeatures: 4, classColumns: [0, 2, 3] };

export const gaussianMixturePerClassCases: Readonly<Record<string, DistributionCase>> = {
  GaussianMixturePerClass: {
    make: () =>
      new GaussianMixturePerClass({
        ...threeClasses,
        means: [[-2], [0], [1]],
        covariances: [[[0.25]], [[1]], [[4]]],
      }),
    contexts: classContexts,
    discreteContext: true,
    integrate: { low: -16, high: 16 },
  },
  "GaussianMixturePerClass, learnable": {
    make: (key) =>
      new GaussianMixturePerClass({
        ...threeClasses,
        ...manyGaussians(key, 6, 2),
        learnable: true,
      }),
    contexts: classContexts,
    discreteContext: true,
    integrate: { low: -14, high: 14, points: 801 },
  },
};
