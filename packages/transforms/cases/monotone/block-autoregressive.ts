import type { BijectionCase } from "@pushforward/testing";
import { BlockAutoregressive } from "../../src/monotone/block-autoregressive.ts";

export const blockAutoregressiveCases: Readonly<Record<string, BijectionCase>> = {
  "BlockAutoregressive of 1 feature, context": {
    make: (key) => new BlockAutoregressive({ features: 1, context: 2, hidden: [3], key }),
    eventShape: [1],
    perturbation: 0.5,
  },
  "BlockAutoregressive of 2 features": {
    make: (key) => new BlockAutoregressive({ features: 2, hidden: [3, 2], key }),
    eventShape: [2],
    triangular: [0, 1],
    perturbation: 0.5,
  },
};
