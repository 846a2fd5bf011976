import type { DistributionCase } from "@pushforward/testing";
import { LogNormal } from "../src/univariate/positive.ts";

export const logNormalCases: Readonly<Record<string, DistributionCase>> = {
  LogNormal: {
    make: () => new LogNormal({ location: [0.5], scale: [0.4] }),
    integrate: { low: 0, high: 30 },
    mean: Math.exp(0.58),
    variance: Math.expm1(0.16) * Math.exp(1.16),
    outside: [[-0.001], [0], [-1e30], [Number.POSITIVE_INFINITY]],
  },
  "LogNormal, batch of two features": {
    make: () => new LogNormal({ location: [[0], [3], [-5]], scale: [0.1, 1.5] }),
    outside: [
      [1, -1],
      [-1, 1],
    ],
  },
};
