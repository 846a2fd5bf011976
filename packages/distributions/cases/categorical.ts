import type { DistributionCase } from "@pushforward/testing";
import { Categorical } from "../src/univariate/categorical.ts";

export const categoricalCases: Readonly<Record<string, DistributionCase>> = {
  Categorical: {
    make: () => new Categorical({ probs: [[0.2, 0, 0.3, 0.5]] }),
    integers: { low: 0, high: 3 },
    mean: 2.1,
    variance: 1.29,
    outside: [[-1], [1], [4], [0.5], [Number.POSITIVE_INFINITY]],
  },
  "Categorical, batch of two features": {
    integers: "of several features",
    make: () =>
      new Categorical({
        probs: [
          [
            [1, 3],
            [2, 2],
          ],
          [
            [1, 0],
            [5, 1],
          ],
        ],
      }),
  },
};
