import type { DistributionCase } from "@pushforward/testing";
import { maf } from "../src/presets/common.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const mafCases: Readonly<Record<string, DistributionCase>> = {
  "maf, 1 feature, untrained": {
    make: (key) => maf({ features: 1, key }),
    integrate: line,
    mean: 0,
    variance: 1,
    perturbation: 0,
  },
  "maf, 1 feature, context": { make: (key) => maf({ features: 1, context: 2, key, ...small }), integrate: line },
  "maf, 2 features": { make: (key) => maf({ features: 2, key, ...small }), integrate: plane },
  "maf of a graph, 2 features, context": {
    make: (key) =>
      maf({
        features: 2,
        context: 2,
        adjacency: [
          [0, 1, 0, 1],
          [0, 0, 1, 0],
        ],
        transforms: 2,
        key,
        ...small,
      }),
    integrate: plane,
  },
  "maf, 2 features, context, raw units": {
    make: (key) =>
      maf({
        features: 2,
        context: 2,
        transforms: 2,
        standardize: { mean: [3, -2], sd: [0.5, 0.25] },
        standardizeContext: { mean: [0.1, 0], sd: [2, 0.5] },
        key,
        ...small,
      }),
    integrate: { low: [-1, -4], high: [7, 0], points: 161 },
  },
};
