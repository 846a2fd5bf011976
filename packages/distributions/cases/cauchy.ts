import type { DistributionCase } from "@pushforward/testing";
import { Cauchy } from "../src/univariate/location-scale.ts";

export const cauchyCases: Readonly<Record<string, DistributionCase>> = {
  Cauchy: { make: () => new Cauchy({ location: [1, -2], scale: [0.5, 2] }) },
  "Cauchy, one feature": {
    make: () => new Cauchy({ location: 1, scale: 2, features: 1 }),
    cdf: (x) => 0.5 + Math.atan((x - 1) / 2) / Math.PI,
  },
  "Cauchy, batch of two features": { make: () => new Cauchy({ location: [[0], [3], [-1]], scale: [0.5, 40] }) },
};
