import type { DistributionCase } from "@pushforward/testing";
import { Beta } from "../src/univariate/beta.ts";

export const betaCases: Readonly<Record<string, DistributionCase>> = {
  Beta: {
    make: () => new Beta({ alpha: [2.5], beta: [4] }),
    integrate: { low: 0, high: 1 },
    mean: 2.5 / 6.5,
    variance: 10 / 6.5 ** 2 / 7.5,
    outside: [[-0.001], [0], [1], [1.001], [1e30], [Number.NEGATIVE_INFINITY]],
  },
  "Beta, uniform": {
    make: () => new Beta({ alpha: [1], beta: [1] }),
    integrate: { low: 0, high: 1 },
    cdf: (x) => x,
    outside: [[-0.001], [1.001], [-1e30], [1e30], [Number.POSITIVE_INFINITY]],
  },
  "Beta, unbounded at both ends": {
    make: () => new Beta({ alpha: [0.5], beta: [0.5] }),
    cdf: (x) => (2 * Math.asin(Math.sqrt(x))) / Math.PI,
    outside: [[-0.001], [1.001], [-1e30], [1e30], [Number.POSITIVE_INFINITY]],
  },
  "Beta, two features, large parameters": {
    make: () => new Beta({ alpha: [3, 2e5], beta: [0.7, 3e5] }),
    mean: [3 / 3.7, 0.4],
    tolerances: { backends: 1e-3 },
  },
  "Beta, batch": { make: () => new Beta({ alpha: [[0.3], [1], [20]], beta: [1.5] }) },
};
