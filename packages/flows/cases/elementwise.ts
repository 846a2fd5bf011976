import { Mlp } from "@pushforward/conditioners";
import type { BijectionCase } from "@pushforward/testing";
import { affine } from "@pushforward/transforms";
import { Elementwise } from "../src/schemes/elementwise.ts";
import { small } from "./small.ts";
import { knots, spline, splineTolerances } from "./spline.ts";

export const elementwiseCases: Readonly<Record<string, BijectionCase>> = {
  "Elementwise affine, 1 feature": {
    make: () => new Elementwise({ family: affine(), features: 1 }),
    eventShape: [1],
    elementwise: true,
  },
  "Elementwise splines, 3 features, sampling": {
    make: () => new Elementwise({ family: spline(), features: 3, orientation: "sampling" }),
    eventShape: [3],
    elementwise: true,
    edges: knots,
    tolerances: splineTolerances,
  },
  "Elementwise splines, 2 features, context": {
    make: (key) => {
      const family = spline();
      const outputSize = 2 * family.parameterCount;
      return new Elementwise({
        family,
        features: 2,
        conditioner: new Mlp({ inputSize: 3, outputSize, key, ...small }),
      });
    },
    eventShape: [2],
    elementwise: true,
    edges: knots,
    tolerances: splineTolerances,
  },
};
