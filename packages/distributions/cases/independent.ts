import type { DistributionCase } from "@pushforward/testing";
import { independentDistribution } from "../src/independent.ts";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";
import { square } from "./square.ts";

export const independentCases: Readonly<Record<string, DistributionCase>> = {
  "independent, one axis": {
    make: () => independentDistribution(new DiagonalNormal({ mean: [[0], [1]], scale: [[0.5], [1]] }), 1),
    integrate: square,
    mean: [0, 1],
    variance: [0.25, 1],
  },
  "independent, learnable": {
    make: () => independentDistribution(new DiagonalNormal({ shape: [4, 3, 2], learnable: true }), 2),
  },
};
