import type { BijectionCase } from "@pushforward/testing";
import { LowRankLinear } from "../../src/linear/low-rank-linear.ts";

export const lowRankLinearCases: Readonly<Record<string, BijectionCase>> = {
  "LowRankLinear of 1 feature": { make: () => new LowRankLinear({ features: 1, rank: 1 }), eventShape: [1] },
  "LowRankLinear of rank 2": { make: () => new LowRankLinear({ features: 5, rank: 2 }), eventShape: [5] },
  "LowRankLinear of full rank": {
    make: () => new LowRankLinear({ features: 3, rank: 3 }),
    eventShape: [3],
    perturbation: 0.5,
  },
};
