import type { BijectionCase } from "@pushforward/testing";
import { Asinh } from "../../src/elementwise/tails.ts";

export const asinhCases: Readonly<Record<string, BijectionCase>> = {
  Asinh: { make: () => new Asinh({ features: 3, scale: 2 }), eventShape: [3], elementwise: true },
  "Asinh of one feature": { make: () => new Asinh({ features: 1 }), eventShape: [1], elementwise: true },
};
