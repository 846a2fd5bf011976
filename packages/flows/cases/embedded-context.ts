import { Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { DistributionCase } from "@pushforward/testing";
import { ConstantAffine, invert } from "@pushforward/transforms";
import { ConditionalFlow } from "../src/conditional-flow.ts";
import { EmbeddedContext } from "../src/context/embedded-context.ts";
import { maf, nsf } from "../src/presets/common.ts";
import { line } from "./domains.ts";
import { small } from "./small.ts";

export const embeddedContextCases: Readonly<Record<string, DistributionCase>> = {
  "EmbeddedContext flow": {
    make: (key) =>
      new EmbeddedContext({
        embedding: new Mlp({ inputSize: 5, outputSize: 2, hidden: [8], key: key.fold("embedding") }),
        distribution: nsf({ features: 1, context: 2, transforms: 1, key, ...small }),
      }),
    integrate: line,
  },
  "EmbeddedContext, behind a standardized context, as a base": {
    make: (key) =>
      new ConditionalFlow(
        new EmbeddedContext({
          embedding: new ResidualMlp({ inputSize: 3, outputSize: 1, hidden: [8, 8], key: key.fold("embedding") }),
          distribution: maf({ features: 2, context: 1, transforms: 2, key, ...small }),
        }),
        new ConstantAffine({ shift: [1, 0], scale: [0.5, 2] }),
        { contextTransform: invert(new ConstantAffine({ shift: [1, 2, 3], scale: [2, 1, 0.5] })) },
      ),
    integrate: { low: -14, high: 14, points: 401 },
  },
};
