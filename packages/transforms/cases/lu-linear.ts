import type { BijectionCase } from "@pushforward/testing";
import { LULinear } from "../src/linear/lu-linear.ts";

export const luLinearCases: Readonly<Record<string, BijectionCase>> = {
  "LULinear of 1 feature": { make: () => new LULinear({ features: 1 }), eventShape: [1] },
  "LULinear of 2 features": { make: () => new LULinear({ features: 2 }), eventShape: [2] },
  "LULinear of 5 random features": { make: (key) => new LULinear({ features: 5, key }), eventShape: [5] },
  "LULinear of a diagonal from 0.001": {
    make: (key) => new LULinear({ features: 4, diagonal: { offset: 0, smallest: 1e-3 }, key }),
    eventShape: [4],
  },
  "LULinear of a diagonal from 0.001, the identity": {
    make: () => new LULinear({ features: 2, diagonal: { offset: 0, smallest: 1e-3 } }),
    eventShape: [2],
  },
  "LULinear of 16 features": { make: () => new LULinear({ features: 16 }), eventShape: [16] },
};
