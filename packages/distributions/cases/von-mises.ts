import type { DistributionCase } from "@pushforward/testing";
import { VonMises } from "../src/univariate/von-mises.ts";

export const vonMisesCases: Readonly<Record<string, DistributionCase>> = {
  VonMises: {
    make: () => new VonMises({ location: [2.5], concentration: [3] }),
    integrate: { low: -Math.PI, high: Math.PI },
    outside: [[3.15], [-3.15], [1e30], [Number.NEGATIVE_INFINITY]],
  },
  "VonMises, all but uniform": {
    make: () => new VonMises({ concentration: [1e-6] }),
    integrate: { low: -Math.PI, high: Math.PI },
    cdf: (x) => (x + Math.PI) / (2 * Math.PI),
  },
  "VonMises, concentrated": {
    make: () => new VonMises({ location: [1], concentration: [1e4] }),
    integrate: { low: 0.9, high: 1.1 },
    mean: 1,
    variance: 1.00005e-4,
  },
  "VonMises, batch of two features": { make: () => new VonMises({ location: [[0], [10]], concentration: [0.5, 1e7] }) },
};
