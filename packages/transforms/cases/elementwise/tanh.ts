import type { BijectionCase } from "@pushforward/testing";
import { Tanh } from "../../src/elementwise/activations.ts";

export const tanhCases: Readonly<Record<string, BijectionCase>> = {
  Tanh: {
    make: () => new Tanh(),
    eventShape: [2],
    range: { low: -1, high: 1 },
    elementwise: true,
    tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
    knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the range" }],
  },
};
