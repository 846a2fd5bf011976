import type { DistributionCase } from "@pushforward/testing";
import { StandardNormal } from "../src/normals/standard-normal.ts";
import { square } from "./square.ts";

export const standardNormalCases: Readonly<Record<string, DistributionCase>> = {
  "StandardNormal, one feature": {
    make: () => new StandardNormal({ features: 1 }),
    integrate: square,
    mean: 0,
    variance: 1,
  },
  "StandardNormal, two features": { make: () => new StandardNormal({ features: 2 }), integrate: square },
  "StandardNormal, scalar": { make: () => new StandardNormal({ shape: [] }), integrate: square, mean: 0, variance: 1 },
  "StandardNormal, matrix": { make: () => new StandardNormal({ shape: [3, 4] }), mean: Array(12).fill(0) },
  "StandardNormal, 64 features": { make: () => new StandardNormal({ features: 64 }) },
};
