import type { BijectionCase } from "@pushforward/testing";
import { ConstantAffine } from "../src/elementwise/affine-elementwise.ts";

export const constantAffineCases: Readonly<Record<string, BijectionCase>> = {
  "ConstantAffine of 1 feature": {
    make: () => new ConstantAffine({ shift: [0.1], scale: [3] }),
    eventShape: [1],
    elementwise: true,
  },
  "ConstantAffine with negative numbers": {
    make: () => new ConstantAffine({ shift: [-7.3, 0, 2], scale: [-0.5, 1, 12] }),
    eventShape: [3],
    elementwise: true,
  },
  "ConstantAffine with large shifts": {
    make: () => new ConstantAffine({ shift: [1e5 + 0.1, -1e4 - 0.7], scale: [900, 300] }),
    eventShape: [2],
    elementwise: true,
  },
};
