import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../src/chain.ts";
import { invert } from "../src/invert.ts";
import { LULinear } from "../src/lu-linear.ts";
import { PositiveLinear } from "../src/positive-linear.ts";
import { rationalQuadratic } from "../src/rational-quadratic.ts";
import { knots } from "./knots.ts";
import { random } from "./learnable.ts";

export const invertCases: Readonly<Record<string, BijectionCase>> = {
  "invert of LULinear": { make: (key) => invert(new LULinear({ features: 3, key })), eventShape: [3] },
  "invert of a chain": {
    make: (key) => invert(chain([new PositiveLinear({ features: 3 }), random(rationalQuadratic(), [3], 1, key)])),
    eventShape: [3],
    edges: knots,
  },
};
