import type { BijectionCase } from "@pushforward/testing";
import { CircularShift } from "../src/elementwise/circular-shift.ts";

const circle = { low: -Math.PI, high: Math.PI };

export const circularShiftCases: Readonly<Record<string, BijectionCase>> = {
  "CircularShift of 2 angles": {
    make: () => new CircularShift({ features: 2 }),
    eventShape: [2],
    domain: circle,
    range: circle,
    elementwise: true,
    perturbation: 2,
  },
};
