import type { BijectionCase } from "@pushforward/testing";
import { BoxConstraint } from "../src/elementwise/box-constraint.ts";

/** Near a bound, float32 distinguishes few numbers, and the log-density rises without bound. */
const nearEnds = {
  tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
  knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the box" }],
};

export const boxConstraintCases: Readonly<Record<string, BijectionCase>> = {
  "BoxConstraint of an interval": {
    make: () => new BoxConstraint({ low: [-2], high: [3] }),
    eventShape: [1],
    range: { low: -2, high: 3 },
    elementwise: true,
    ...nearEnds,
    knownLimits: [
      ...nearEnds.knownLimits,
      { law: "change of measure", reason: "the same: of what it looks at, a third lies that far out" },
    ],
  },
  "BoxConstraint by the logistic map": {
    make: () => new BoxConstraint({ low: [-2], high: [3], sharpness: 0 }),
    eventShape: [1],
    range: { low: -2, high: 3 },
    elementwise: true,
    ...nearEnds,
  },
  "BoxConstraint of equal intervals": {
    make: () => new BoxConstraint({ low: [0, 0, 0], high: [1, 1, 1], sharpness: 10 }),
    eventShape: [3],
    range: { low: 0, high: 1 },
    elementwise: true,
    ...nearEnds,
    knownLimits: [
      ...nearEnds.knownLimits,
      {
        law: "log-dets are negatives",
        reason: "the same, where no single column moves enough for the law to look away",
      },
    ],
  },
  "BoxConstraint with lower ends": {
    make: () => new BoxConstraint({ low: [0.5, 0.5], high: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] }),
    eventShape: [2],
    range: { low: 0.5, high: Infinity },
    elementwise: true,
    ...nearEnds,
  },
  "BoxConstraint with an upper end": {
    make: () => new BoxConstraint({ low: [-Infinity], high: [-1] }),
    eventShape: [1],
    range: { low: -Infinity, high: -1 },
    elementwise: true,
    ...nearEnds,
  },
  "BoxConstraint with ends of all kinds": {
    make: () => new BoxConstraint({ low: [-8, 0, -Infinity, -Infinity, -7], high: [9, Infinity, 6, Infinity, 5] }),
    eventShape: [5],
    range: { low: 0, high: 5 },
    elementwise: true,
    ...nearEnds,
  },
};
