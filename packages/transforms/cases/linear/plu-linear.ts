import type { BijectionCase } from "@pushforward/testing";
import { pluLinear } from "../../src/linear/decompositions.ts";

export const pluLinearCases: Readonly<Record<string, BijectionCase>> = {
  "pluLinear of 4 features": { make: (key) => pluLinear({ features: 4, key }), eventShape: [4] },
};
