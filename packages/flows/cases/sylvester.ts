import type { DistributionCase } from "@pushforward/testing";
import { sylvester } from "../src/presets/free.ts";
import { line, plane } from "./domains.ts";

export const sylvesterCases: Readonly<Record<string, DistributionCase>> = {
  "sylvester, 1 feature": { make: (key) => sylvester({ features: 1, transforms: 3, key }), integrate: line },
  "sylvester, 2 features": { make: (key) => sylvester({ features: 2, transforms: 3, key }), integrate: plane },
  "sylvester, 2 features, context": {
    make: (key) => sylvester({ features: 2, context: 1, transforms: 2, hidden: [4], key }),
    integrate: plane,
  },
  "sylvester, for samples": {
    make: (key) => sylvester({ features: 2, transforms: 2, orientation: "sampling", permutation: "reverse", key }),
    integrate: plane,
  },
};
