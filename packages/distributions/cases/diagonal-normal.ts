import type { DistributionCase } from "@pushforward/testing";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";
import { square } from "./square.ts";

export const diagonalNormalCases: Readonly<Record<string, DistributionCase>> = {
  DiagonalNormal: {
    make: () => new DiagonalNormal({ mean: [1, -0.5], scale: [0.5, 1.5] }),
    integrate: { low: -12, high: 12, points: 801 },
    mean: [1, -0.5],
    variance: [0.25, 2.25],
  },
  "DiagonalNormal, batch": {
    make: () => new DiagonalNormal({ mean: [[0], [1], [-2]], scale: [0.5] }),
    integrate: square,
  },
  "DiagonalNormal, learnable": {
    make: () => new DiagonalNormal({ mean: [1, -0.5], scale: [0.5, 1.5], learnable: true }),
    integrate: { low: -14, high: 14, points: 801 },
  },
  "DiagonalNormal, learnable from zero": {
    make: () => new DiagonalNormal({ features: 5, learnable: true }),
  },
};
