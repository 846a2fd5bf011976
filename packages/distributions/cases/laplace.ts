import type { DistributionCase } from "@pushforward/testing";
import { Laplace } from "../src/univariate/location-scale.ts";

export const laplaceCases: Readonly<Record<string, DistributionCase>> = {
  Laplace: {
    make: () => new Laplace({ location: [1, -2], scale: [0.5, 2] }),
    mean: [1 + 0.5 * 0, -2 + 2 * 0],
    variance: [0.25 * 2, 4 * 2],
  },
  "Laplace, one feature": {
    make: () => new Laplace({ location: 1, scale: 2, features: 1 }),
    cdf: (x) => (x < 1 ? 0.5 * Math.exp((x - 1) / 2) : 1 - 0.5 * Math.exp((1 - x) / 2)),
    integrate: { low: -60, high: 60 },
  },
  "Laplace, batch of two features": { make: () => new Laplace({ location: [[0], [3], [-1]], scale: [0.5, 40] }) },
};
