import type { DistributionCase } from "@pushforward/testing";
import { residualFlow } from "../src/presets/free.ts";
import { line } from "./domains.ts";
import { small } from "./small.ts";

export const residualFlowCases: Readonly<Record<string, DistributionCase>> = {
  // Samples in one pass: the law of samples takes many.
  "residualFlow, 1 feature, for samples": {
    make: (key) => residualFlow({ features: 1, transforms: 2, orientation: "sampling", key, ...small }),
    integrate: line,
  },
};
