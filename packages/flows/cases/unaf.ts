import type { DistributionCase } from "@pushforward/testing";
import { unaf } from "../src/presets/autoregressive.ts";
import { line } from "./domains.ts";
import { small } from "./small.ts";

const tiny = { signal: 2, integrand: [3], transforms: 1 } as const;

export const unafCases: Readonly<Record<string, DistributionCase>> = {
  // Samples in one pass: the law of samples takes many.
  "unaf, 1 feature, context, for samples": {
    make: (key) => unaf({ features: 1, context: 2, orientation: "sampling", key, ...small, ...tiny }),
    integrate: { ...line, points: 701 },
  },
  "unaf, 3 features": { make: (key) => unaf({ features: 3, key, ...small, ...tiny }) },
};
