import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { architectureNames } from "../src/architectures.ts";
import { createFlow } from "../src/create-flow.ts";
import { small } from "./small.ts";

export const createFlowCases: Readonly<Record<string, DistributionCase>> = {
  ...Object.fromEntries(
    architectureNames.map((name) => [
      `createFlow ${name}, 3 features, context`,
      { make: (key: Key) => createFlow(name, { features: 3, context: 2, transforms: 2, key, ...small }) },
    ]),
  ),
};
