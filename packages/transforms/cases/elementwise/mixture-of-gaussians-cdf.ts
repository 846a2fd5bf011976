import type { BijectionCase } from "@pushforward/testing";
import { MixtureOfGaussiansCdf } from "../../src/elementwise/mixture-cdf.ts";

export const mixtureOfGaussiansCdfCases: Readonly<Record<string, BijectionCase>> = {
  "MixtureOfGaussiansCdf of one feature": {
    make: () => new MixtureOfGaussiansCdf({ features: 1, components: 2 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.3,
  },
  "MixtureOfGaussiansCdf onto the interval": {
    make: () => new MixtureOfGaussiansCdf({ features: 2, components: 3, range: "interval" }),
    eventShape: [2],
    range: { low: 0, high: 1 },
    elementwise: true,
    tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
    knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the range" }],
  },
};
