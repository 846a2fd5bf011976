import type { BijectionCase } from "@pushforward/testing";
import { circularRationalQuadratic } from "../../src/splines/circular-rational-quadratic.ts";
import { Learnable, random } from "../learnable.ts";

const circle = { low: -Math.PI, high: Math.PI };
const angles = { domain: circle, range: circle } as const;

export const circularRationalQuadraticCases: Readonly<Record<string, BijectionCase>> = {
  "circularRationalQuadratic family at zero": {
    make: () => new Learnable(circularRationalQuadratic(), []),
    eventShape: [],
    ...angles,
    elementwise: true,
  },
  "circularRationalQuadratic family at random": {
    make: (key) => random(circularRationalQuadratic({ bins: 6 }), [2], 1, key),
    eventShape: [2],
    ...angles,
    elementwise: true,
  },
  "circularRationalQuadratic family of slope 1 at the ends, shifted": {
    make: (key) => random(circularRationalQuadratic({ bins: 5, shift: 1, ends: "one" }), [2], 1, key),
    eventShape: [2],
    ...angles,
    elementwise: true,
    knownLimits: [{ law: "change of measure", reason: "it starts again at −π where the angle passes π" }],
  },
};
