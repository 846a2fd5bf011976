import type { DistributionCase } from "@pushforward/testing";
import { Gamma } from "../src/univariate/positive.ts";

export const gammaCases: Readonly<Record<string, DistributionCase>> = {
  Gamma: {
    make: () => new Gamma({ concentration: [3.5], rate: [2] }),
    integrate: { low: 0, high: 30 },
    mean: 1.75,
    variance: 0.875,
    outside: [[-0.001], [0], [-1e30], [Number.POSITIVE_INFINITY]],
  },
  "Gamma, an exponential": {
    make: () => new Gamma({ concentration: [1], rate: [2] }),
    integrate: { low: 0, high: 15 },
    cdf: (x) => -Math.expm1(-2 * x),
    outside: [[-0.001], [-1e30], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "Gamma, unbounded at 0": {
    make: () => new Gamma({ concentration: [0.5] }),
    mean: 0.5,
    variance: 0.5,
    outside: [[-0.001], [-1e30], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  },
  "Gamma, two features, a large concentration": {
    make: () => new Gamma({ concentration: [1.5, 1e5], rate: [1, 3] }),
    mean: [1.5, 1e5 / 3],
    variance: [1.5, 1e5 / 9],
  },
  "Gamma, batch": { make: () => new Gamma({ concentration: [[0.3], [1], [1.7], [40]], rate: 2 }) },
};
