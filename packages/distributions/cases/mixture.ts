import type { DistributionCase } from "@pushforward/testing";
import { Mixture } from "../src/mixtures/mixture.ts";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";
import { MultivariateNormal } from "../src/normals/multivariate-normal.ts";
import { MultivariateStudentT } from "../src/normals/multivariate-student-t.ts";
import { Uniform } from "../src/uniform.ts";
import { square } from "./square.ts";

export const mixtureCases: Readonly<Record<string, DistributionCase>> = {
  Mixture: {
    make: () =>
      new Mixture({
        weights: [1, 3],
        components: [
          new DiagonalNormal({ mean: [-2, 0], scale: [0.5, 1] }),
          new MultivariateNormal({
            mean: [1, 1],
            covariance: [
              [1, 0.5],
              [0.5, 1],
            ],
          }),
        ],
      }),
    integrate: square,
    mean: [0.25, 0.75],
  },
  "Mixture, with a component without weight": {
    make: () =>
      new Mixture({
        weights: [0, 0.2, 0.8],
        components: [-3, 0, 2].map((mean) => new DiagonalNormal({ mean: [mean], scale: [0.5] })),
      }),
    integrate: square,
    mean: 1.6,
  },
  "Mixture, with a component that is not drawn": {
    make: () =>
      new Mixture({
        weights: [0.2, 0.8, 0.001],
        components: [
          ...[0, 2].map((mean) => new DiagonalNormal({ mean: [mean], scale: [0.5] })),
          new MultivariateStudentT({ degreesOfFreedom: 1, features: 1 }),
        ],
        undrawn: [2],
      }),
    integrate: square,
    mean: 1.6,
  },
  "Mixture, learnable": {
    make: () =>
      new Mixture({
        learnable: true,
        components: [-2, 0, 2].map((mean) => new DiagonalNormal({ mean: [mean], scale: [0.7], learnable: true })),
      }),
    integrate: square,
  },
  "Mixture, batch": {
    make: () =>
      new Mixture({
        weights: [0.3, 0.7],
        components: [
          new DiagonalNormal({ mean: [[-2], [0]], scale: [[0.5], [1]] }),
          new DiagonalNormal({ mean: [1], scale: [0.5] }),
        ],
      }),
    integrate: square,
  },
  "Mixture of uniforms, disjoint": {
    make: () =>
      new Mixture({
        components: [new Uniform({ low: [0], high: [1] }), new Uniform({ low: [3], high: [5] })],
      }),
    cdf: (x) => (x <= 1 ? x / 2 : 0.5 + Math.max(0, x - 3) / 4),
    outside: [[-1], [2], [6]],
  },
};
