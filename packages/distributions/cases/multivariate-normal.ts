import type { DistributionCase } from "@pushforward/testing";
import { MultivariateNormal } from "../src/normals/multivariate-normal.ts";
import { square } from "./square.ts";

export const multivariateNormalCases: Readonly<Record<string, DistributionCase>> = {
  MultivariateNormal: {
    make: () =>
      new MultivariateNormal({
        mean: [2, 1],
        covariance: [
          [0.5, 0.3],
          [0.3, 0.3],
        ],
      }),
    integrate: { low: -4, high: 8, points: 801 },
    mean: [2, 1],
    variance: [0.5, 0.3],
  },
  "MultivariateNormal, one feature": {
    make: () => new MultivariateNormal({ mean: [2], covariance: [[0.25]] }),
    integrate: square,
    mean: 2,
    variance: 0.25,
  },
  "MultivariateNormal, batch of matrices": {
    make: () =>
      new MultivariateNormal({
        mean: [
          [0, 0],
          [1, -1],
        ],
        scaleTril: [
          [
            [1, 0],
            [0.5, 1],
          ],
          [
            [0.7, 0],
            [-0.3, 1.2],
          ],
        ],
      }),
    integrate: square,
  },
  "MultivariateNormal, learnable": {
    make: () =>
      new MultivariateNormal({
        mean: [1, 0],
        covariance: [
          [1, 0.5],
          [0.5, 2],
        ],
        learnable: true,
      }),
    integrate: { low: -12, high: 12, points: 801 },
  },
  "MultivariateNormal, learnable from zero": {
    make: () => new MultivariateNormal({ features: 5, learnable: true }),
  },
};
