import type { BijectionCase } from "@pushforward/testing";
import { sumOfSquares } from "../../src/polynomials/sum-of-squares.ts";
import { random } from "../learnable.ts";

export const sumOfSquaresCases: Readonly<Record<string, BijectionCase>> = {
  "sumOfSquares family at random": {
    make: (key) => random(sumOfSquares({ bound: 3 }), [2], 1, key),
    eventShape: [2],
    edges: [-3, 3],
    elementwise: true,
    tolerances: { roundTrip: 1e-3 },
  },
};
