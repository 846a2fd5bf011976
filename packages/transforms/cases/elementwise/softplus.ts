import type { BijectionCase } from "@pushforward/testing";
import { Softplus } from "../../src/elementwise/activations.ts";

export const softplusCases: Readonly<Record<string, BijectionCase>> = {
  Softplus: {
    make: () => new Softplus(),
    eventShape: [2],
    range: { low: 0, high: Number.POSITIVE_INFINITY },
    elementwise: true,
    tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
    knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the range" }],
  },
};
