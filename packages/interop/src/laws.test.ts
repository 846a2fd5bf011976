import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { flowsCodecs } from "@pushforward/flows/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import { type DistributionCase, distributionLaws } from "@pushforward/testing";
import { transformsCodecs } from "@pushforward/transforms/extend";
import { testLaws } from "../../testing/test/test-laws.ts";
import { nflowsMaf, nflowsNsf, nflowsRealNvp } from "./nflows/nflows-architectures.ts";
import { zukoMaf, zukoNsf, zukoRealNvp } from "./zuko/zuko-families.ts";

const registry = createRegistry(...distributionsCodecs, ...transformsCodecs, ...conditionersCodecs, ...flowsCodecs);

const small = { hidden: [8, 8], activation: "tanh" } as const;
const plane = { low: -8, high: 8, points: 161 };

/** The architectures of the libraries. */
const distributionCases: Readonly<Record<string, DistributionCase>> = {
  "nflowsMaf, 2 features": {
    make: (key) => nflowsMaf({ features: 2, transforms: 1, key, ...small, hidden: [8, 8] }),
    // Its scales do not start at 1, and those of one variable depend on the other: it is wider than its base.
    integrate: { low: -30, high: 30, points: 301 },
  },
  "nflowsMaf, 1 feature, context": {
    make: (key) => nflowsMaf({ features: 1, context: 1, transforms: 2, key, ...small }),
    integrate: { low: -24, high: 24, points: 2401 },
    knownLimits: [
      {
        law: "every parameter learns",
        reason: "The network of nflows has weights for a single variable, which its masks keep from every output.",
      },
    ],
  },
  "zukoMaf, 3 features, context, two passes, permuted": {
    make: (key) =>
      zukoMaf({
        features: 3,
        context: 2,
        passes: 2,
        permutation: "random",
        transforms: 2,
        key,
        ...small,
      }),
  },
  "nflowsNsf, 3 features, context, coupling, dropout": {
    make: (key) =>
      nflowsNsf({
        features: 3,
        context: 2,
        coupling: true,
        transforms: 2,
        dropout: 0.2,
        key,
        ...small,
      }),
  },
  "zukoNsf, 2 features": {
    make: (key) => zukoNsf({ features: 2, transforms: 2, key, ...small }),
    integrate: plane,
  },
  "nflowsRealNvp, 3 features": {
    make: (key) => nflowsRealNvp({ features: 3, transforms: 3, key, ...small }),
  },
  "zukoRealNvp, 3 features, context": {
    make: (key) => zukoRealNvp({ features: 3, context: 2, transforms: 3, key, ...small }),
  },
};

// The laws of a conditional distribution look at it at a context while they are listed.
await useBackend("cpu");

testLaws(
  Object.entries(distributionCases).map(([name, theCase]) => [
    name,
    distributionLaws(name, theCase, { registry, points: 24 }),
  ]),
);
