import type { BijectionCase } from "@pushforward/testing";
import { SoftClip } from "../../src/elementwise/soft-clip.ts";

export const softClipCases: Readonly<Record<string, BijectionCase>> = {
  SoftClip: {
    make: () => new SoftClip({ bound: 11 }),
    eventShape: [2],
    range: { low: -11, high: 11 },
    elementwise: true,
    // Next to the bound, little is left of B − |y| in float32.
    tolerances: { roundTrip: 1e-3, logDet: 1e-3 },
  },
};
