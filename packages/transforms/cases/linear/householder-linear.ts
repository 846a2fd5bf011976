import type { BijectionCase } from "@pushforward/testing";
import { HouseholderLinear } from "../../src/linear/orthogonal.ts";

export const householderLinearCases: Readonly<Record<string, BijectionCase>> = {
  "HouseholderLinear of 1 feature": { make: () => new HouseholderLinear({ features: 1 }), eventShape: [1] },
  "HouseholderLinear of 3 features": { make: () => new HouseholderLinear({ features: 3 }), eventShape: [3] },
  "HouseholderLinear of 3 random reflections": {
    make: (key) => new HouseholderLinear({ features: 5, reflections: 3, key }),
    eventShape: [5],
  },
};
