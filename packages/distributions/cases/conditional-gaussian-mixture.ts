import type { DistributionCase } from "@pushforward/testing";
import { ConditionalGaussianMixture } from "../src/mixtures/conditional-gaussian-mixture.ts";
import { manyGaussians, threeGaussians } from "./gaussians.ts";
import { square } from "./square.ts";

export const conditionalGaussianMixtureCases: Readonly<Record<string, DistributionCase>> = {
  ConditionalGaussianMixture: {
    make: () => new ConditionalGaussianMixture({ ...threeGaussians, contextFeatures: 1 }),
    integrate: square,
  },
  "ConditionalGaussianMixture, learnable, some columns of the context": {
    make: (key) =>
      new ConditionalGaussianMixture({
        ...manyGaussians(key, 4, 4),
        contextFeatures: 3,
        contextColumns: [2, 0],
        learnable: true,
      }),
    integrate: { low: -14, high: 14 },
  },
  "ConditionalGaussianMixture, learnable, one component, 3 features": {
    make: (key) => new ConditionalGaussianMixture({ ...manyGaussians(key, 1, 5), contextFeatures: 2, learnable: true }),
  },
};
