import type { DistributionCase } from "@pushforward/testing";
import { MultivariateStudentT } from "../src/normals/multivariate-student-t.ts";

export const multivariateStudentTCases: Readonly<Record<string, DistributionCase>> = {
  MultivariateStudentT: {
    make: () =>
      new MultivariateStudentT({
        degreesOfFreedom: 6,
        location: [2, 1],
        scaleMatrix: [
          [0.5, 0.3],
          [0.3, 0.3],
        ],
      }),
    integrate: { low: [-9, -8], high: [13, 10], points: 801 },
    mean: [2, 1],
    variance: [0.75, 0.45],
  },
  "MultivariateStudentT, one feature, a Cauchy": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 1, location: [2], scaleTril: [[0.5]] }),
    cdf: (x) => 0.5 + Math.atan((x - 2) / 0.5) / Math.PI,
  },
  "MultivariateStudentT, one feature, 2.5 degrees of freedom": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 2.5, features: 1 }),
    integrate: { low: -60, high: 60 },
    mean: 0,
  },
  "MultivariateStudentT, 12 features, half a degree of freedom": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 0.5, features: 12 }),
  },
};
