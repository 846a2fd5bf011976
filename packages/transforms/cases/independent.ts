import type { BijectionCase } from "@pushforward/testing";
import { independent } from "../src/combinators/independent.ts";
import { AffineElementwise } from "../src/elementwise/affine-elementwise.ts";
import { affine } from "../src/families/affine.ts";
import { LULinear } from "../src/linear/lu-linear.ts";
import { random } from "./learnable.ts";

export const independentCases: Readonly<Record<string, BijectionCase>> = {
  "independent family": {
    make: (key) => independent(random(affine(), [], 0.5, key), 2),
    eventShape: [2, 3],
    elementwise: true,
  },
  "independent LULinear": { make: (key) => independent(new LULinear({ features: 3, key }), 1), eventShape: [2, 3] },
  "independent of rank 0": {
    make: () => independent(new AffineElementwise({ features: 2 }), 0),
    eventShape: [2],
    elementwise: true,
  },
};
