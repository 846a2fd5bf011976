import type { BijectionCase } from "@pushforward/testing";
import { LeakyTanh } from "../../src/elementwise/activations.ts";

export const leakyTanhCases: Readonly<Record<string, BijectionCase>> = {
  LeakyTanh: { make: () => new LeakyTanh(), eventShape: [2], elementwise: true, edges: [-3, 3] },
  "LeakyTanh of a narrow middle": {
    make: () => new LeakyTanh({ max: 0.5 }),
    eventShape: [2],
    elementwise: true,
    edges: [-0.5, 0.5],
  },
};
