import type { BijectionCase } from "@pushforward/testing";
import { SoftClip } from "../../src/elementwise/box-constraint.ts";

export const softClipCases: Readonly<Record<string, BijectionCase>> = {
  SoftClip: {
    make: () => new SoftClip({ bound: 3 }),
    eventShape: [2],
    range: { low: -3, high: 3 },
    elementwise: true,
    tolerances: { roundTrip: 1e-3, jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
  },
};
