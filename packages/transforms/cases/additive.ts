import type { BijectionCase } from "@pushforward/testing";
import { additive } from "../src/families/affine.ts";
import { extreme, random } from "./learnable.ts";

export const additiveCases: Readonly<Record<string, BijectionCase>> = {
  "additive family": { make: (key) => random(additive(), [2, 3], 3, key), eventShape: [2, 3], elementwise: true },
  "additive family at extremes": {
    make: (key) => extreme(additive(), [4], key),
    eventShape: [4],
    elementwise: true,
  },
};
