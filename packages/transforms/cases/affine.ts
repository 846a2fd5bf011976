import type { AffineForm } from "@pushforward/core/extend";
import type { BijectionCase } from "@pushforward/testing";
import { affine } from "../src/families/affine.ts";
import { extreme, Learnable, random } from "./learnable.ts";

const forms: readonly Partial<AffineForm>[] = [
  { scale: "clip", limit: -Math.log(1e-3) },
  { scale: "softplus" },
  { scale: "sigmoid", offset: 2 },
];

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
    forms.flatMap((form): [string, BijectionCase][] => [
      [
        `affine family of ${form.scale} at random`,
        { make: (key) => random(affine({ form }), [5], 1, key), eventShape: [5], elementwise: true },
      ],
      [
        `affine family of ${form.scale} at extremes`,
        {
          make: (key) => extreme(affine({ form }), [4], key),
          eventShape: [4],
          elementwise: true,
          // Scales of 0.001: a rounding of y is a thousand of x.
          tolerances: { roundTrip: 1e-3 },
        },
      ],
    ]),
  ),
};
