import type { BijectionCase } from "@pushforward/testing";
import { chain } from "../../src/combinators/chain.ts";
import { Reshape } from "../../src/combinators/reshape.ts";
import { LULinear } from "../../src/linear/lu-linear.ts";

export const reshapeCases: Readonly<Record<string, BijectionCase>> = {
  "Reshape of a vector into a matrix and on": {
    make: (key) =>
      chain([
        new LULinear({ features: 6, key }),
        new Reshape({ from: [6], to: [2, 3] }),
        new LULinear({ features: 3, key: key.fold("rows") }),
        new Reshape({ from: [2, 3], to: [3, 1, 2] }),
      ]),
    eventShape: [6],
  },
  "Reshape of a number": { make: () => new Reshape({ from: [], to: [1] }), eventShape: [] },
};
