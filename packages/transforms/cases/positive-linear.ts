import { createKey } from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import { PositiveLinear } from "../src/linear/positive-linear.ts";

export const positiveLinearCases: Readonly<Record<string, BijectionCase>> = {
  "PositiveLinear of 1 feature": { make: (key) => new PositiveLinear({ features: 1, key }), eventShape: [1] },
  "PositiveLinear of 2 features": { make: () => new PositiveLinear({ features: 2 }), eventShape: [2] },
  "PositiveLinear of 2 random features": {
    make: () => new PositiveLinear({ features: 2, key: createKey(3) }),
    eventShape: [2],
  },
  "PositiveLinear of 5 features": { make: () => new PositiveLinear({ features: 5 }), eventShape: [5] },
  "PositiveLinear of 16 features": { make: () => new PositiveLinear({ features: 16 }), eventShape: [16] },
};
