import type { DistributionCase } from "@pushforward/testing";
import { StudentT } from "../src/univariate/student-t.ts";

export const studentTCases: Readonly<Record<string, DistributionCase>> = {
  StudentT: {
    make: () => new StudentT({ degreesOfFreedom: [6, 30], location: [1, -2], scale: [0.5, 2] }),
    integrate: { low: [-16, -40], high: [18, 40], points: 801 },
    mean: [1, -2],
    variance: [0.375, 30 / 7],
  },
  "StudentT, a Cauchy": {
    make: () => new StudentT({ degreesOfFreedom: 1, location: 1, scale: 2, features: 1 }),
    cdf: (x) => 0.5 + Math.atan((x - 1) / 2) / Math.PI,
  },
  "StudentT, batch of extremes": { make: () => new StudentT({ degreesOfFreedom: [[0.3], [3], [1e6]], features: 2 }) },
};
