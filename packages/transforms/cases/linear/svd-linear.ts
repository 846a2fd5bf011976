import type { BijectionCase } from "@pushforward/testing";
import { svdLinear } from "../../src/linear/decompositions.ts";

export const svdLinearCases: Readonly<Record<string, BijectionCase>> = {
  "svdLinear of 1 feature": { make: () => svdLinear({ features: 1 }), eventShape: [1] },
  "svdLinear of 3 random features": { make: (key) => svdLinear({ features: 3, key }), eventShape: [3] },
};
