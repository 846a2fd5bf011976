import type { DistributionCase } from "@pushforward/testing";
import { Gumbel } from "../src/univariate/location-scale.ts";

export const gumbelCases: Readonly<Record<string, DistributionCase>> = {
  Gumbel: {
    make: () => new Gumbel({ location: [1, -2], scale: [0.5, 2] }),
    mean: [1 + 0.5 * 0.5772156649015329, -2 + 2 * 0.5772156649015329],
    variance: [0.25 * (Math.PI ** 2 / 6), 4 * (Math.PI ** 2 / 6)],
  },
  "Gumbel, one feature": {
    make: () => new Gumbel({ location: 1, scale: 2, features: 1 }),
    cdf: (x) => Math.exp(-Math.exp((1 - x) / 2)),
    integrate: { low: -60, high: 60 },
  },
  "Gumbel, batch of two features": { make: () => new Gumbel({ location: [[0], [3], [-1]], scale: [0.5, 40] }) },
};
