import type { BijectionCase } from "@pushforward/testing";
import { MixtureOfLogisticsCdf } from "../../src/elementwise/mixture-cdf.ts";

export const mixtureOfLogisticsCdfCases: Readonly<Record<string, BijectionCase>> = {
  "MixtureOfLogisticsCdf of one feature": {
    make: () => new MixtureOfLogisticsCdf({ features: 1, components: 2 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.3,
  },
  "MixtureOfLogisticsCdf onto the interval": {
    make: () => new MixtureOfLogisticsCdf({ features: 2, components: 3, range: "interval" }),
    eventShape: [2],
    range: { low: 0, high: 1 },
    elementwise: true,
    tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
    knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the range" }],
  },
};
