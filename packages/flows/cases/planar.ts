import type { DistributionCase } from "@pushforward/testing";
import { planar } from "../src/presets/free.ts";
import { line, plane } from "./domains.ts";

export const planarCases: Readonly<Record<string, DistributionCase>> = {
  "planar, 1 feature": { make: (key) => planar({ features: 1, transforms: 3, key }), integrate: line },
  "planar, 2 features": { make: (key) => planar({ features: 2, transforms: 3, key }), integrate: plane },
  "planar, 2 features, context": {
    make: (key) => planar({ features: 2, context: 1, transforms: 2, hidden: [4], key }),
    integrate: plane,
  },
  "planar, for samples": {
    make: (key) => planar({ features: 2, transforms: 2, orientation: "sampling", permutation: "reverse", key }),
    integrate: plane,
  },
};
