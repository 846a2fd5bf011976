import type { BijectionCase } from "@pushforward/testing";
import { independent } from "../../src/combinators/independent.ts";
import { logitTransform } from "../../src/images/image-transforms.ts";

export const logitTransformCases: Readonly<Record<string, BijectionCase>> = {
  "logitTransform of an image": {
    make: () => independent(logitTransform({ channels: 1 }), 2),
    eventShape: [2, 1, 1],
    range: { low: -0.05 / 0.9, high: 1 + 0.05 / 0.9 },
    elementwise: true,
    tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
    knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the range" }],
  },
};
