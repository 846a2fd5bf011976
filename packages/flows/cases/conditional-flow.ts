import { ConditionalGaussianMixture, DiagonalNormal, Mixture, StandardNormal } from "@pushforward/distributions";
import type { DistributionCase } from "@pushforward/testing";
import { BoxConstraint, ConstantAffine, chain, invert } from "@pushforward/transforms";
import { ConditionalFlow } from "../src/conditional-flow.ts";
import { maf } from "../src/presets/common.ts";
import { Elementwise } from "../src/schemes/elementwise.ts";
import { line } from "./domains.ts";
import { gaussians } from "./gaussians.ts";
import { small } from "./small.ts";
import { spline } from "./spline.ts";

export const conditionalFlowCases: Readonly<Record<string, DistributionCase>> = {
  "ConditionalFlow with a conditional base": {
    make: (key) =>
      new ConditionalFlow(
        maf({ features: 1, context: 2, transforms: 1, key, ...small }),
        new Elementwise({ family: spline(), features: 1 }),
      ),
    integrate: line,
  },
  "ConditionalFlow over a mixture": {
    make: (key) =>
      new ConditionalFlow(
        new Mixture({
          components: [new DiagonalNormal({ mean: [-2], scale: [0.5] }), new StandardNormal({ features: 1 })],
        }),
        maf({ features: 1, context: 1, transforms: 1, key, ...small }).transform,
        { contextTransform: invert(new ConstantAffine({ shift: [1], scale: [2] })) },
      ),
    integrate: line,
  },
  "ConditionalFlow onto a box": {
    make: (key) =>
      new ConditionalFlow(
        new StandardNormal({ features: 2 }),
        chain([
          maf({ features: 2, context: 1, transforms: 1, key, ...small }).transform,
          new BoxConstraint({ low: [-3, Number.NEGATIVE_INFINITY], high: [4, 2], sharpness: 2 }),
        ]),
      ),
    outside: [
      [-3.01, 0],
      [0, 2.5],
    ],
  },
  "ConditionalFlow over a conditional mixture of Gaussians": {
    make: (key) =>
      new ConditionalFlow(
        new ConditionalGaussianMixture({ means: gaussians, contextFeatures: 1, learnable: true }),
        maf({ features: 1, context: 1, transforms: 2, key, ...small }).transform,
        { contextTransform: invert(new ConstantAffine({ shift: [1], scale: [2] })) },
      ),
    integrate: line,
  },
};
