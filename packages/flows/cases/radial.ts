import type { DistributionCase } from "@pushforward/testing";
import { radial } from "../src/presets/free.ts";
import { line, plane } from "./domains.ts";

export const radialCases: Readonly<Record<string, DistributionCase>> = {
  "radial, 1 feature": { make: (key) => radial({ features: 1, transforms: 3, key }), integrate: line },
  "radial, 2 features": { make: (key) => radial({ features: 2, transforms: 3, key }), integrate: plane },
  "radial, 2 features, context": {
    make: (key) => radial({ features: 2, context: 1, transforms: 2, hidden: [4], key }),
    integrate: plane,
  },
  "radial, for samples": {
    make: (key) => radial({ features: 2, transforms: 2, orientation: "sampling", permutation: "reverse", key }),
    integrate: plane,
  },
};
