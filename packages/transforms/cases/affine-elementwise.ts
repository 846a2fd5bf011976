import type { BijectionCase } from "@pushforward/testing";
import { AffineElementwise } from "../src/elementwise/affine-elementwise.ts";

export const affineElementwiseCases: Readonly<Record<string, BijectionCase>> = {
  "AffineElementwise of 1 feature": {
    make: () => new AffineElementwise({ features: 1 }),
    eventShape: [1],
    elementwise: true,
  },
  "AffineElementwise of 5 features": {
    make: () => new AffineElementwise({ features: 5, scale: [0.2, 0.5, 1, 2, 4], shift: [-3, -1, 0, 1, 3] }),
    eventShape: [5],
    elementwise: true,
  },
  "AffineElementwise of scalars": {
    make: () => new AffineElementwise({ shape: [], scale: 3, shift: -2 }),
    eventShape: [],
    elementwise: true,
  },
  "AffineElementwise of matrices": {
    make: () => new AffineElementwise({ shape: [2, 3], scale: 0.5 }),
    eventShape: [2, 3],
    elementwise: true,
  },
};
