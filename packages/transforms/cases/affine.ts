import type { BijectionCase } from "@pushforward/testing";
import { affine } from "../src/affine.ts";
import { extreme, Learnable, random } from "./learnable.ts";

export const affineCases: Readonly<Record<string, BijectionCase>> = {
  "affine family at zero": { make: () => new Learnable(affine(), []), eventShape: [], elementwise: true },
  "affine family at random": {
    make: (key) => random(affine(), [5], 1, key),
    eventShape: [5],
    elementwise: true,
  },
  "affine family at extremes": {
    make: (key) => extreme(affine(), [4], key),
    eventShape: [4],
    elementwise: true,
  },
  ...Object.fromEntries(
    (["zuko", "nflows", "nflows-coupling"] as const).flatMap((parameterization): [string, BijectionCase][] => [
      [
        `affine family of ${parameterization} at random`,
        { make: (key) => random(affine({ parameterization }), [5], 1, key), eventShape: [5], elementwise: true },
      ],
      [
        `affine family of ${parameterization} at extremes`,
        {
          make: (key) => extreme(affine({ parameterization }), [4], key),
          eventShape: [4],
          elementwise: true,
          // Scales of 0.001: a rounding of y is a thousand of x.
          tolerances: { roundTrip: 1e-3 },
        },
      ],
    ]),
  ),
};
