import type { DistributionCase } from "@pushforward/testing";
import { Logistic } from "../src/univariate/location-scale.ts";

export const logisticCases: Readonly<Record<string, DistributionCase>> = {
  Logistic: {
    make: () => new Logistic({ location: [1, -2], scale: [0.5, 2] }),
    mean: [1 + 0.5 * 0, -2 + 2 * 0],
    variance: [0.25 * (Math.PI ** 2 / 3), 4 * (Math.PI ** 2 / 3)],
  },
  "Logistic, one feature": {
    make: () => new Logistic({ location: 1, scale: 2, features: 1 }),
    cdf: (x) => 1 / (1 + Math.exp((1 - x) / 2)),
    integrate: { low: -60, high: 60 },
  },
  "Logistic, batch of two features": { make: () => new Logistic({ location: [[0], [3], [-1]], scale: [0.5, 40] }) },
};
