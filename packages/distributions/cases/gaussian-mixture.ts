import type { DistributionCase } from "@pushforward/testing";
import { GaussianMixture } from "../src/mixtures/gaussian-mixture.ts";
import { manyGaussians, threeGaussians } from "./gaussians.ts";
import { square } from "./square.ts";

export const gaussianMixtureCases: Readonly<Record<string, DistributionCase>> = {
  GaussianMixture: {
    make: () => new GaussianMixture(threeGaussians),
    integrate: square,
    mean: [0.3125, -0.25],
  },
  "GaussianMixture, one feature": {
    make: () => new GaussianMixture({ weights: [1, 3], means: [-2, 1], scaleTrils: [0.5, 1] }),
    integrate: { low: -12, high: 12 },
    mean: 0.25,
    variance: 0.25 * (0.25 + 2.25 ** 2) + 0.75 * (1 + 0.75 ** 2),
  },
  "GaussianMixture, narrow components far from zero": {
    make: () =>
      new GaussianMixture({
        means: [
          [2, 3],
          [2.1, 3.05],
        ],
        scaleTrils: [
          [
            [0.0032, 0],
            [0.002, 0.0033],
          ],
          [
            [0.02, 0],
            [-0.01, 0.005],
          ],
        ],
      }),
    integrate: { low: [1.9, 2.95], high: [2.3, 3.15], points: 801 },
    mean: [2.05, 3.025],
  },
  "GaussianMixture, 32 components, 10 features": { make: (key) => new GaussianMixture(manyGaussians(key, 32, 10)) },
  "GaussianMixture, learnable": {
    make: () => new GaussianMixture({ ...threeGaussians, learnable: true }),
    integrate: square,
  },
  "GaussianMixture, learnable, one feature": {
    make: () => new GaussianMixture({ components: 3, means: [-1, 0, 2], features: 1, learnable: true }),
    integrate: { low: -12, high: 12 },
  },
  "GaussianMixture, learnable, one component": {
    make: () => new GaussianMixture({ features: 3, learnable: true }),
  },
  "GaussianMixture, learnable, 5 components, 7 features": {
    make: (key) => new GaussianMixture({ ...manyGaussians(key, 5, 7), weights: [1, 1, 2, 3, 1], learnable: true }),
  },
};
