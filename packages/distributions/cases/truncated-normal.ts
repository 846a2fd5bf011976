import type { DistributionCase } from "@pushforward/testing";
import { TruncatedNormal } from "../src/univariate/truncated-normal.ts";

export const truncatedNormalCases: Readonly<Record<string, DistributionCase>> = {
  TruncatedNormal: {
    make: () => new TruncatedNormal({ location: [1], scale: [2], low: [-1], high: [2.5] }),
    integrate: { low: -1, high: 2.5 },
    outside: [[-1.001], [2.501], [-1e30], [Number.POSITIVE_INFINITY]],
  },
  "TruncatedNormal, not truncated": {
    make: () => new TruncatedNormal({ location: [1, 2], scale: [2, 3] }),
    mean: [1, 2],
    variance: [4, 9],
  },
  "TruncatedNormal, far in the upper tail": {
    make: () => new TruncatedNormal({ low: [40] }),
    integrate: { low: 40, high: 40.4 },
    outside: [[39.99], [0]],
  },
  "TruncatedNormal, far in the lower tail": {
    make: () => new TruncatedNormal({ high: [-8], low: [-8.5] }),
    integrate: { low: -8.5, high: -8 },
    outside: [[-7.99], [-8.51]],
  },
  "TruncatedNormal, batch of two features": {
    make: () => new TruncatedNormal({ location: [[0], [3], [-50]], scale: [0.5, 4], low: [-1, 0] }),
  },
};
