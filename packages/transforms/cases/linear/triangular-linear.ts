import type { BijectionCase } from "@pushforward/testing";
import { TriangularLinear } from "../../src/linear/decompositions.ts";

export const triangularLinearCases: Readonly<Record<string, BijectionCase>> = {
  "TriangularLinear of 1 feature": { make: () => new TriangularLinear({ features: 1 }), eventShape: [1] },
  "TriangularLinear, lower": {
    make: () => new TriangularLinear({ features: 3 }),
    eventShape: [3],
    triangular: [0, 1, 2],
  },
  "TriangularLinear, upper": {
    make: () => new TriangularLinear({ features: 4, triangle: "upper" }),
    eventShape: [4],
    triangular: [3, 2, 1, 0],
  },
};
