import type { BijectionCase } from "@pushforward/testing";
import { YeoJohnson } from "../../src/elementwise/tails.ts";

export const yeoJohnsonCases: Readonly<Record<string, BijectionCase>> = {
  YeoJohnson: { make: () => new YeoJohnson({ features: 3 }), eventShape: [3], elementwise: true },
  "YeoJohnson of one feature": {
    make: () => new YeoJohnson({ features: 1 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.4,
  },
};
