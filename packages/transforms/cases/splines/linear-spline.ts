import type { BijectionCase } from "@pushforward/testing";
import { linearSpline } from "../../src/splines/piecewise-splines.ts";
import { Learnable, random } from "../learnable.ts";

/** On a knot one direction may be in the bin on the left and the other in that on the right. */
const knownLimits = [{ law: "log-dets are negatives", reason: "the derivative jumps at the knots" }];

export const linearSplineCases: Readonly<Record<string, BijectionCase>> = {
  "linearSpline family at zero": {
    make: () => new Learnable(linearSpline(), []),
    eventShape: [],
    elementwise: true,
    knownLimits,
  },
  "linearSpline family at random": {
    make: (key) => random(linearSpline({ bins: 7, bound: 3 }), [2], 1, key),
    eventShape: [2],
    elementwise: true,
  },
};
