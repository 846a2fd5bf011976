import type { BijectionCase } from "@pushforward/testing";
import { masked } from "../../src/combinators/reshape.ts";
import { LULinear } from "../../src/linear/lu-linear.ts";

export const maskedCases: Readonly<Record<string, BijectionCase>> = {
  "masked linear map of features 1 and 3": {
    make: (key) => masked({ bijection: new LULinear({ features: 2, key }), mask: [false, true, false, true] }),
    eventShape: [4],
  },
};
