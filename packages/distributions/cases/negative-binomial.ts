import type { DistributionCase } from "@pushforward/testing";
import { NegativeBinomial } from "../src/univariate/counts.ts";

export const negativeBinomialCases: Readonly<Record<string, DistributionCase>> = {
  NegativeBinomial: {
    make: () => new NegativeBinomial({ totalCount: [3], probs: [0.4] }),
    integers: { low: 0, high: 80 },
    mean: 2,
    variance: 2 / 0.6,
    outside: [[-1], [0.5], [1e-6], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "NegativeBinomial, batch": {
    make: () => new NegativeBinomial({ totalCount: [[0.3], [4.5], [20]], probs: 0.8 }),
    integers: { low: 0, high: 400 },
  },
  "NegativeBinomial, two features": {
    integers: "of several features",
    make: () => new NegativeBinomial({ totalCount: [2, 50], probs: [0.9, 0.5] }),
    mean: [18, 50],
    variance: [180, 100],
  },
};
