import type { BijectionCase } from "@pushforward/testing";
import { deepSigmoid } from "../src/families/deep-sigmoid.ts";
import { extreme, Learnable, random } from "./learnable.ts";

export const deepSigmoidCases: Readonly<Record<string, BijectionCase>> = {
  "deepSigmoid family at zero": {
    make: () => new Learnable(deepSigmoid({ units: 2 }), []),
    eventShape: [],
    elementwise: true,
  },
  "deepSigmoid family at random": {
    make: (key) => random(deepSigmoid(), [5], 1, key),
    eventShape: [5],
    elementwise: true,
    // Values of 1,000, whose roundings a slope of 3 triples.
    tolerances: { roundTrip: 1e-4 },
  },
  "deepSigmoid family of one unit": {
    make: (key) => random(deepSigmoid({ units: 1 }), [3], 1, key),
    eventShape: [3],
    elementwise: true,
  },
  "deepSigmoid family at extremes": {
    make: (key) => extreme(deepSigmoid({ units: 4 }), [4], key),
    eventShape: [4],
    elementwise: true,
    // Between two steps the slope is e^−5: a rounding of y is 150 of x.
    tolerances: { roundTrip: 1e-3 },
  },
};
