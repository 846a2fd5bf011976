import type { BijectionCase } from "@pushforward/testing";
import { chain, invert, SinhArcsinh } from "@pushforward/transforms";
import { DEEP } from "../../testing/test/deep.ts";
import { maf, nsf } from "../src/presets/common.ts";
import { small } from "./small.ts";

/** Many layers, so that errors add up. */
const layers = DEEP ? 8 : 4;

export const chainCases: Readonly<Record<string, BijectionCase>> = {
  "chain of many autoregressive layers": {
    make: (key) => maf({ features: 3, transforms: layers, order: "random", key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
  "chain of sinh-arcsinh maps, 3 features": {
    make: () => chain([new SinhArcsinh({ features: 3 }), invert(new SinhArcsinh({ features: 3 }))]),
    eventShape: [3],
    elementwise: true,
  },
  "chain of many spline couplings and LU layers": {
    make: (key) => nsf({ features: 3, context: 1, transforms: layers, coupling: true, key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
};
