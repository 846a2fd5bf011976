import type { BijectionCase } from "@pushforward/testing";
import { qrLinear } from "../../src/linear/decompositions.ts";

export const qrLinearCases: Readonly<Record<string, BijectionCase>> = {
  "qrLinear of 3 features": { make: () => qrLinear({ features: 3 }), eventShape: [3] },
  "qrLinear of 2 random reflections": {
    make: (key) => qrLinear({ features: 4, reflections: 2, key }),
    eventShape: [4],
  },
};
