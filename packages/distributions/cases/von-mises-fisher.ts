import type { DistributionCase, KnownLimit } from "@pushforward/testing";
import { VonMisesFisher } from "../src/von-mises-fisher.ts";

/**
 * Known limit of the slope law: its differences leave the sphere. The unit test of the class has differences along the
 * sphere.
 */
const knownLimits: readonly KnownLimit[] = [
  { law: "gradients are slopes", reason: "The density is one of the sphere, which the differences leave." },
];

/** `coth 4 − ¼`. */
const LENGTH = 1 / Math.tanh(4) - 0.25;

export const vonMisesFisherCases: Readonly<Record<string, DistributionCase>> = {
  VonMisesFisher: {
    make: () => new VonMisesFisher({ meanDirection: [1, -2, 2], concentration: 4 }),
    mean: [LENGTH / 3, (-2 * LENGTH) / 3, (2 * LENGTH) / 3],
    outside: [
      [0, 0, 1.001],
      [0, 0, 0],
      [0.99, 0, 0],
      [Number.POSITIVE_INFINITY, 0, 0],
    ],
    knownLimits,
  },
  "VonMisesFisher, uniform": {
    make: () => new VonMisesFisher({ meanDirection: [0, 0, -1], concentration: 0 }),
    mean: 0,
    variance: 1 / 3,
    outside: [[0, 0, 1.001]],
    knownLimits,
  },
  "VonMisesFisher, batch": {
    make: () =>
      new VonMisesFisher({
        meanDirection: [
          [0, 0, 1],
          [0, 1, -1],
        ],
        concentration: [[1], [1e4]],
      }),
    knownLimits,
  },
};
