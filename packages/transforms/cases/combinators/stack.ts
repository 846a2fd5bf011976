import type { BijectionCase } from "@pushforward/testing";
import { stackBijections } from "../../src/combinators/concatenate.ts";
import { Identity } from "../../src/combinators/independent.ts";
import { AffineElementwise } from "../../src/elementwise/affine-elementwise.ts";
import { SinhArcsinh } from "../../src/elementwise/tails.ts";
import { affine } from "../../src/families/affine.ts";
import { LULinear } from "../../src/linear/lu-linear.ts";
import { random } from "../learnable.ts";

export const stackCases: Readonly<Record<string, BijectionCase>> = {
  "stack of numbers": {
    make: (key) =>
      stackBijections({
        parts: [random(affine(), [], 0.5, key), new Identity(), random(affine(), [], 0.5, key.fold("b"))],
      }),
    eventShape: [3],
    elementwise: true,
  },
  "stack of rows": {
    make: (key) =>
      stackBijections({ parts: [new LULinear({ features: 2, key }), new SinhArcsinh({ features: 2 })], axis: -2 }),
    eventShape: [2, 2],
  },
  "stack of columns": {
    make: (key) =>
      stackBijections({ parts: [new LULinear({ features: 3, key }), new AffineElementwise({ features: 3 })] }),
    eventShape: [3, 2],
  },
};
