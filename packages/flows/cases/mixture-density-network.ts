import { Mlp } from "@pushforward/conditioners";
import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { ConstantAffine } from "@pushforward/transforms";
import { ConditionalFlow } from "../src/conditional-flow.ts";
import {
  MixtureDensityNetwork,
  type MixtureDensitySizes,
  mixtureDensityOutputSize,
} from "../src/heads/mixture-density-network.ts";
import { line } from "./domains.ts";
import { small } from "./small.ts";

/** A mixture density network with outputs that differ between components, unlike in a new network. */
function mixtureDensity(key: Key, context: number, sizes: MixtureDensitySizes): MixtureDensityNetwork {
  const outputSize = mixtureDensityOutputSize(sizes);
  const conditioner = new Mlp({ inputSize: context, outputSize, key, ...small });
  conditioner.layers.at(-1)?.bias.write(
    key
      .fold("bias")
      .normal(outputSize)
      .map((value) => value / 2),
  );
  return new MixtureDensityNetwork({ ...sizes, conditioner });
}

export const mixtureDensityNetworkCases: Readonly<Record<string, DistributionCase>> = {
  "MixtureDensityNetwork, 1 feature": {
    make: (key) => mixtureDensity(key, 1, { features: 1, components: 2 }),
    integrate: line,
  },
  "MixtureDensityNetwork, full": {
    make: (key) => mixtureDensity(key, 2, { features: 2, components: 3 }),
    integrate: { low: -10, high: 10, points: 201 },
  },
  "MixtureDensityNetwork, full, tied": {
    make: (key) => mixtureDensity(key, 1, { features: 4, components: 2, tied: true }),
  },
  "MixtureDensityNetwork, diagonal": {
    make: (key) => mixtureDensity(key, 1, { features: 2, components: 3, covariance: "diagonal" }),
    integrate: { low: -10, high: 10, points: 201 },
  },
  "ConditionalFlow over a spherical MixtureDensityNetwork, tied": {
    make: (key) =>
      new ConditionalFlow(
        mixtureDensity(key, 1, { features: 2, components: 3, covariance: "spherical", tied: true }),
        new ConstantAffine({ shift: [1, -1], scale: [0.5, 2] }),
      ),
    integrate: { low: -14, high: 14, points: 281 },
  },
};
