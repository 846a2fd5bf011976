import type { DistributionCase } from "@pushforward/testing";
import { Bernoulli } from "../src/univariate/counts.ts";

export const bernoulliCases: Readonly<Record<string, DistributionCase>> = {
  Bernoulli: {
    make: () => new Bernoulli({ probs: [0.3] }),
    integers: { low: 0, high: 1 },
    mean: 0.3,
    variance: 0.21,
    outside: [[-1], [2], [0.5], [Number.POSITIVE_INFINITY]],
  },
  "Bernoulli, batch of two features": {
    integers: "of several features",
    make: () =>
      new Bernoulli({
        probs: [
          [0.3, 0],
          [0.9, 1],
        ],
      }),
  },
};
