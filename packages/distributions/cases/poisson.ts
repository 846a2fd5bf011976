import type { DistributionCase } from "@pushforward/testing";
import { Poisson } from "../src/univariate/counts.ts";

export const poissonCases: Readonly<Record<string, DistributionCase>> = {
  Poisson: {
    make: () => new Poisson({ rate: [3.5] }),
    integers: { low: 0, high: 40 },
    mean: 3.5,
    variance: 3.5,
    outside: [[-1], [0.5], [1e-6], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "Poisson, a large rate": {
    make: () => new Poisson({ rate: [250] }),
    integers: { low: 0, high: 500 },
    mean: 250,
    variance: 250,
  },
  "Poisson, batch around the change of samplers": {
    make: () => new Poisson({ rate: [[0.1], [9.9], [10.1], [30]] }),
    integers: { low: 0, high: 120 },
  },
  "Poisson, three features": {
    integers: "of several features",
    make: () => new Poisson({ rate: [0.3, 5, 100] }),
    mean: [0.3, 5, 100],
  },
};
