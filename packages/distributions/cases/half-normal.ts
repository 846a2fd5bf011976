import type { DistributionCase } from "@pushforward/testing";
import { HalfNormal } from "../src/univariate/positive.ts";

export const halfNormalCases: Readonly<Record<string, DistributionCase>> = {
  HalfNormal: {
    make: () => new HalfNormal({ scale: [2] }),
    integrate: { low: 0, high: 16 },
    mean: 2 * Math.sqrt(2 / Math.PI),
    variance: 4 * (1 - 2 / Math.PI),
    outside: [[-0.001], [-1e30], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "HalfNormal, batch of two features": {
    make: () =>
      new HalfNormal({
        scale: [
          [0.1, 1],
          [30, 2],
        ],
      }),
  },
};
