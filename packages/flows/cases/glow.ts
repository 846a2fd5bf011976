import type { DistributionCase } from "@pushforward/testing";
import { glow } from "../src/images/glow.ts";

export const glowCases: Readonly<Record<string, DistributionCase>> = {
  "glow of 2 levels": {
    make: (key) => glow({ shape: [4, 4, 1], levels: 2, steps: 1, hidden: [4], key }),
  },
  "glow with a context, pixels in [0, 1]": {
    make: (key) => glow({ shape: [2, 2, 1], levels: 1, steps: 1, hidden: [4], alpha: 0.05, context: 2, key }),
  },
};
