import type { DistributionCase } from "@pushforward/testing";
import { ncsf } from "../src/presets/autoregressive.ts";
import { small } from "./small.ts";

const circle = { low: -Math.PI, high: Math.PI, points: 1001 };

export const ncsfCases: Readonly<Record<string, DistributionCase>> = {
  "ncsf, 1 feature, context": {
    make: (key) => ncsf({ features: 1, context: 2, transforms: 2, key, ...small }),
    integrate: circle,
    outside: [[-3.2], [4]],
  },
  "ncsf, 2 features": {
    make: (key) => ncsf({ features: 2, transforms: 2, bins: 3, key, ...small }),
    integrate: { ...circle, points: 81 },
    outside: [
      [0, 3.2],
      [-7, 0],
    ],
  },
};
