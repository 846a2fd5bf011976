import type { BijectionCase } from "@pushforward/testing";
import { LeakyRelu } from "../../src/elementwise/activations.ts";

export const leakyReluCases: Readonly<Record<string, BijectionCase>> = {
  "LeakyRelu of learned slopes": {
    make: () => new LeakyRelu({ features: 3, slope: 0.2 }),
    eventShape: [3],
    elementwise: true,
  },
  "LeakyRelu of a fixed slope": {
    make: () => new LeakyRelu({ features: 1, trainable: false }),
    eventShape: [1],
    elementwise: true,
  },
};
