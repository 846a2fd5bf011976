import type { BijectionCase } from "@pushforward/testing";
import { SinhArcsinh } from "../src/elementwise/tails.ts";

export const sinhArcsinhCases: Readonly<Record<string, BijectionCase>> = {
  SinhArcsinh: { make: () => new SinhArcsinh({ features: 3 }), eventShape: [3], elementwise: true },
  "SinhArcsinh of one feature": {
    make: () => new SinhArcsinh({ features: 1 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.3,
  },
};
