import type { DistributionCase } from "@pushforward/testing";
import { Exponential } from "../src/univariate/positive.ts";

export const exponentialCases: Readonly<Record<string, DistributionCase>> = {
  Exponential: {
    make: () => new Exponential({ rate: [2] }),
    integrate: { low: 0, high: 15 },
    cdf: (x) => -Math.expm1(-2 * x),
    mean: 0.5,
    variance: 0.25,
    outside: [[-0.001], [-1e30], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "Exponential, batch of two features": {
    make: () =>
      new Exponential({
        rate: [
          [0.1, 1],
          [30, 2],
        ],
      }),
  },
};
