import type { DistributionCase } from "@pushforward/testing";
import { bnaf } from "../src/presets/free.ts";
import { line } from "./domains.ts";

export const bnafCases: Readonly<Record<string, DistributionCase>> = {
  // Samples in one pass: the law of samples takes many.
  "bnaf, 1 feature, context, for samples": {
    make: (key) => bnaf({ features: 1, context: 2, transforms: 1, hidden: [3], orientation: "sampling", key }),
    integrate: line,
  },
};
