import type { DistributionCase } from "@pushforward/testing";
import { ConditionalMixture } from "../src/mixtures/conditional-mixture.ts";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";
import { Uniform } from "../src/uniform.ts";
import { Following } from "./following.ts";
import { square } from "./square.ts";

export const conditionalMixtureCases: Readonly<Record<string, DistributionCase>> = {
  ConditionalMixture: {
    make: () =>
      new ConditionalMixture({ weights: [1, 3], components: [new Following(2, 1, 0.5), new Following(2, -1, 1.2)] }),
    integrate: square,
  },
  "ConditionalMixture, learnable, with a component that takes no context": {
    make: () =>
      new ConditionalMixture({
        learnable: true,
        components: [new DiagonalNormal({ features: 1, learnable: true }), new Following(1, 2, 0.6)],
      }),
    integrate: { low: -14, high: 14, points: 2801 },
  },
  "ConditionalMixture, with a component without weight": {
    make: () =>
      new ConditionalMixture({
        weights: [0, 1],
        components: [new Uniform({ low: [0], high: [1] }), new Following(1, 1, 1)],
      }),
    integrate: square,
  },
};
