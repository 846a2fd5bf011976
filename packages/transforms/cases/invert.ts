import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../src/combinators/chain.ts";
import { invert } from "../src/combinators/independent.ts";
import { rationalQuadratic } from "../src/families/rational-quadratic.ts";
import { LULinear } from "../src/linear/lu-linear.ts";
import { PositiveLinear } from "../src/linear/positive-linear.ts";
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
