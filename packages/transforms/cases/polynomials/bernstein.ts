import type { BijectionCase } from "@pushforward/testing";
import { bernstein } from "../../src/polynomials/bernstein.ts";
import { extreme, random } from "../learnable.ts";

export const bernsteinCases: Readonly<Record<string, BijectionCase>> = {
  "bernstein family at random with linear tails": {
    make: (key) => random(bernstein({ degree: 8, bound: 3, tails: "linear" }), [1], 1, key),
    eventShape: [1],
    edges: [-3, 3],
    elementwise: true,
  },
  "bernstein family at extremes": {
    make: (key) => extreme(bernstein({ degree: 9 }), [1], key),
    eventShape: [1],
    edges: [-5, 5],
    elementwise: true,
    tolerances: { roundTrip: 1e-3 },
  },
};
