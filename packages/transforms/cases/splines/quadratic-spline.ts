import type { BijectionCase } from "@pushforward/testing";
import { quadraticSpline } from "../../src/splines/piecewise-splines.ts";
import { knots } from "../knots.ts";
import { extreme, Learnable, random } from "../learnable.ts";

export const quadraticSplineCases: Readonly<Record<string, BijectionCase>> = {
  "quadraticSpline family at zero": {
    make: () => new Learnable(quadraticSpline(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "quadraticSpline family at random": {
    make: (key) => random(quadraticSpline({ bins: 8 }), [2], 1, key),
    eventShape: [2],
    edges: knots,
    elementwise: true,
  },
  "quadraticSpline family of 2 bins at extremes": {
    make: (key) => extreme(quadraticSpline({ bins: 2, bound: 3 }), [1], key),
    eventShape: [1],
    edges: [-3, 3],
    elementwise: true,
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 },
  },
};
