import { ConditionalMixture, Mixture, StandardNormal, Uniform } from "@pushforward/distributions";
import type { DistributionCase } from "@pushforward/testing";
import { ConstantAffine, chain } from "@pushforward/transforms";
import { Flow } from "../src/flow.ts";
import { maf, nsf, realNvp } from "../src/presets/common.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const mixtureCases: Readonly<Record<string, DistributionCase>> = {
  "Mixture of flows": {
    make: (key) => {
      const options = { features: 2, transforms: 2, ...small };
      const standardize = { mean: [1, -0.5], sd: [0.6, 1.5] };
      return new Mixture({
        weights: [1, 3],
        components: [maf({ ...options, key: key.fold(0) }), nsf({ ...options, standardize, key: key.fold(1) })],
      });
    },
    integrate: { low: -9, high: 9, points: 201 },
  },
  "Mixture of flows, learnable, one of them without parameters": {
    make: (key) =>
      new Mixture({
        learnable: true,
        components: [
          maf({ features: 1, key: key.fold(0), ...small }),
          new Flow(new StandardNormal({ features: 1 }), new ConstantAffine({ shift: [2], scale: [0.5] })),
        ],
      }),
    integrate: line,
  },
  "Mixture of flows, one without weight and without a plan": {
    make: (key) =>
      new Mixture({
        weights: [0, 1],
        components: [
          new Flow(new Uniform({ low: [0], high: [1] }), chain([])),
          realNvp({ features: 1, key, ...small }),
        ],
      }),
    integrate: line,
  },
  "ConditionalMixture of flows, learnable": {
    make: (key) => {
      const options = { features: 2, context: 1, transforms: 2, ...small };
      const standardizeContext = { mean: [0.5], sd: [2] };
      return new ConditionalMixture({
        learnable: true,
        components: [
          maf({ ...options, standardizeContext, key: key.fold(0) }),
          realNvp({ ...options, key: key.fold(1) }),
          new StandardNormal({ features: 2 }),
        ],
      });
    },
    integrate: plane,
  },
};
