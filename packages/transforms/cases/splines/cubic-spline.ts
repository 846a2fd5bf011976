import type { BijectionCase } from "@pushforward/testing";
import { cubicSpline } from "../../src/splines/cubic-spline.ts";
import { knots } from "../knots.ts";
import { Learnable, random } from "../learnable.ts";

export const cubicSplineCases: Readonly<Record<string, BijectionCase>> = {
  "cubicSpline family at zero": {
    make: () => new Learnable(cubicSpline(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "cubicSpline family at random": {
    make: (key) => random(cubicSpline({ bins: 8 }), [2], 1, key),
    eventShape: [2],
    edges: knots,
    elementwise: true,
    // The slope of a tail is that at its end, whose place in the last bin is rounded.
    tolerances: { roundTrip: 1e-4 },
  },
  "cubicSpline family of 2 bins, steep and flat, the identity outside": {
    make: (key) => random(cubicSpline({ bins: 2, bound: 3, tails: "identity" }), [1], 3, key),
    eventShape: [1],
    edges: [-2.9, 2.9],
    elementwise: true,
    tolerances: { roundTrip: 1e-4, jacobian: 1e-3 },
  },
};
