import type { BijectionCase } from "@pushforward/testing";
import { concatenate } from "../../src/combinators/concatenate.ts";
import { Identity } from "../../src/combinators/independent.ts";
import { affine } from "../../src/families/affine.ts";
import { LULinear } from "../../src/linear/lu-linear.ts";
import { random } from "../learnable.ts";

export const concatenateCases: Readonly<Record<string, BijectionCase>> = {
  "concatenate of a linear map, nothing and a family": {
    make: (key) =>
      concatenate({
        parts: [new LULinear({ features: 2, key }), new Identity(), random(affine(), [1], 0.5, key)],
        sizes: [2, 1, 1],
      }),
    eventShape: [4],
  },
  "concatenate along the first of two axes": {
    make: (key) =>
      concatenate({
        parts: [new LULinear({ features: 2, key }), random(affine(), [2, 2], 0.5, key)],
        sizes: [1, 2],
        axis: -2,
      }),
    eventShape: [3, 2],
  },
};
