import type { DistributionCase } from "@pushforward/testing";
import { Weibull } from "../src/univariate/positive.ts";

export const weibullCases: Readonly<Record<string, DistributionCase>> = {
  Weibull: {
    make: () => new Weibull({ concentration: [2], scale: [1.5] }),
    integrate: { low: 0, high: 12 },
    mean: 1.5 * Math.sqrt(Math.PI) * 0.5,
    variance: 1.5 ** 2 * (1 - Math.PI / 4),
    outside: [[-0.001], [0], [-1e30], [Number.POSITIVE_INFINITY]],
  },
  "Weibull, batch of two features": {
    make: () => new Weibull({ concentration: [[0.8], [1], [4]], scale: [0.3, 20] }),
    outside: [
      [1, -1],
      [-1, 1],
    ],
  },
};
