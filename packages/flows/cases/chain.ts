import type { BijectionCase } from "@pushforward/testing";
import { chain, invert, SinhArcsinh } from "@pushforward/transforms";
import { maf, nsf } from "../src/presets/common.ts";
import { small } from "./small.ts";

export const chainCases: Readonly<Record<string, BijectionCase>> = {
  "chain of 8 autoregressive layers": {
    make: (key) => maf({ features: 3, transforms: 8, order: "random", key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
  "chain of sinh-arcsinh maps, 3 features": {
    make: () => chain([new SinhArcsinh({ features: 3 }), invert(new SinhArcsinh({ features: 3 }))]),
    eventShape: [3],
    elementwise: true,
  },
  "chain of 8 spline couplings and LU layers": {
    make: (key) => nsf({ features: 3, context: 1, transforms: 8, coupling: true, key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
};
