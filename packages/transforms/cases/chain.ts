import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../src/combinators/chain.ts";
import { Identity } from "../src/combinators/independent.ts";
import { AffineElementwise, ConstantAffine } from "../src/elementwise/affine-elementwise.ts";
import { affine } from "../src/families/affine.ts";
import { rationalQuadratic } from "../src/families/rational-quadratic.ts";
import { LULinear } from "../src/linear/lu-linear.ts";
import { Permutation, reversePermutation } from "../src/linear/permutation.ts";
import { random } from "./learnable.ts";

export const chainCases: Readonly<Record<string, BijectionCase>> = {
  "chain of nothing": { make: () => chain([]), eventShape: [], elementwise: true },
  "chain of layers": {
    make: (key) =>
      chain([
        new LULinear({ features: 5, key }),
        new AffineElementwise({ features: 5 }),
        reversePermutation(5),
        new ConstantAffine({ shift: [1, 2, 3, 4, 5], scale: [1, 2, 3, 4, 5] }),
      ]),
    eventShape: [5],
  },
  "chain of event ranks 0, 1 and 2": {
    make: (key) =>
      chain([
        random(affine(), [2, 3], 0.5, key.fold("a")),
        new AffineElementwise({ features: 3, shift: 1 }),
        new AffineElementwise({ shape: [2, 3], scale: 2 }),
        new Identity(),
        random(rationalQuadratic(), [2, 3], 0.5, key.fold("b")),
      ]),
    eventShape: [2, 3],
    elementwise: true,
  },
  "chain in a chain": {
    make: () =>
      chain([
        chain([new LULinear({ features: 2 }), new Permutation({ order: [1, 0] })]),
        new LULinear({ features: 2 }),
      ]),
    eventShape: [2],
  },
};
