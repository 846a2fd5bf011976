import { ResidualMlp } from "@pushforward/conditioners";
import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { CategoricalHead, UnivariateHead, type UnivariateHeadName } from "../src/heads/distribution-head.ts";
import { DistributionNetwork, distributionNetwork } from "../src/heads/distribution-network.ts";
import { small } from "./small.ts";

const of =
  (distribution: UnivariateHeadName, features = 1) =>
  (key: Key): DistributionNetwork =>
    distributionNetwork({ distribution, features, context: 1, key, ...small });

const severalCounts = { integers: "of several features" } as const;

export const distributionNetworkCases: Readonly<Record<string, DistributionCase>> = {
  "DistributionNetwork, normal": { make: of("normal", 2), integrate: { low: -10, high: 10, points: 201 } },
  "DistributionNetwork, student-t": { make: of("student-t", 2) },
  "DistributionNetwork, gamma": { make: of("gamma"), outside: [[-1]] },
  "DistributionNetwork, beta": {
    make: of("beta", 2),
    outside: [
      [-1, 0.5],
      [0.5, 1.5],
    ],
  },
  "DistributionNetwork, von-mises": {
    make: of("von-mises"),
    integrate: { low: -Math.PI, high: Math.PI, points: 1001 },
    outside: [[4]],
  },
  "DistributionNetwork, poisson": { make: of("poisson"), integers: { low: 0, high: 30 }, outside: [[-1], [0.5]] },
  "DistributionNetwork, negative-binomial": { make: of("negative-binomial", 2), ...severalCounts },
  "DistributionNetwork, bernoulli": { make: of("bernoulli"), integers: { low: 0, high: 1 } },
  "DistributionNetwork, categories": {
    make: (key) =>
      distributionNetwork({ head: new CategoricalHead({ categories: [3, 2] }), context: 2, key, ...small }),
    ...severalCounts,
    outside: [
      [0, 2],
      [3, 0],
      [0.5, 0],
    ],
  },
  "DistributionNetwork, laplace, a residual network": {
    make: (key) => {
      const head = new UnivariateHead({ distribution: "laplace", features: 1 });
      const conditioner = new ResidualMlp({ inputSize: 2, outputSize: head.parameterCount, key, ...small });
      return new DistributionNetwork({ head, conditioner });
    },
    integrate: { low: -20, high: 20, points: 2001 },
  },
};
