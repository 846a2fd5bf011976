import type { BijectionCase } from "@pushforward/testing";
import { affineSpline } from "../src/families/affine-spline.ts";
import { knots } from "./knots.ts";
import { extreme, Learnable, random } from "./learnable.ts";

export const affineSplineCases: Readonly<Record<string, BijectionCase>> = {
  "affineSpline family at zero": {
    make: () => new Learnable(affineSpline(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "affineSpline family at random": {
    make: (key) => random(affineSpline(), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
  },
  "affineSpline family of 3 bins": {
    make: (key) => random(affineSpline({ bins: 3, bound: 2 }), [2, 3], 0.5, key),
    eventShape: [2, 3],
    edges: [-2, 2],
    elementwise: true,
  },
  "affineSpline family at extremes": {
    make: (key) => extreme(affineSpline({ bins: 4 }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 },
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
};
