import type { DistributionCase } from "@pushforward/testing";
import { joint } from "../src/independent.ts";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";
import { Uniform } from "../src/uniform.ts";
import { Laplace } from "../src/univariate/location-scale.ts";

export const jointCases: Readonly<Record<string, DistributionCase>> = {
  "joint of a box and a learned normal": {
    make: () =>
      joint([new Uniform({ low: [0], high: [2] }), new DiagonalNormal({ mean: [1], scale: [0.5], learnable: true })]),
    integrate: { low: [0, -6], high: [2, 8], points: 201 },
    outside: [
      [-1, 0],
      [3, 1],
    ],
  },
  "joint of a number and a vector": {
    make: () => joint([new Laplace({ location: [0.5] }), new DiagonalNormal({ mean: [1, 2], scale: [0.5, 1] })]),
  },
};
