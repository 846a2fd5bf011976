import type { DistributionCase } from "@pushforward/testing";
import { Uniform } from "../src/uniform.ts";

export const uniformCases: Readonly<Record<string, DistributionCase>> = {
  Uniform: {
    make: () => new Uniform({ low: [-1, 0], high: [1, 3] }),
    mean: [0, 1.5],
    variance: [4 / 12, 9 / 12],
    outside: [
      [-1.001, 1],
      [0, 3.001],
      [Number.POSITIVE_INFINITY, 1],
      [0, Number.NEGATIVE_INFINITY],
      [1e30, -1e30],
    ],
  },
  "Uniform, one feature": {
    make: () => new Uniform({ low: -2, high: 3, features: 1 }),
    cdf: (x) => (x + 2) / 5,
    outside: [[-2.1], [3.1]],
  },
  "Uniform, batch": { make: () => new Uniform({ low: [[0], [-5]], high: [[1], [5]] }), outside: [[-6], [6]] },
};
