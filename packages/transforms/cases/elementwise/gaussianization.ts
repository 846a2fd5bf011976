import type { BijectionCase } from "@pushforward/testing";
import { gaussianization } from "../../src/elementwise/gaussianization.ts";
import { random } from "../learnable.ts";

export const gaussianizationCases: Readonly<Record<string, BijectionCase>> = {
  "gaussianization family at random": {
    make: (key) => random(gaussianization({ components: 2 }), [], 0.5, key),
    eventShape: [],
    elementwise: true,
    tolerances: { roundTrip: 1e-3 },
  },
};
