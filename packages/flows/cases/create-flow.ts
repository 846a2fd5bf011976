import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { architectureNames } from "../src/architectures/architectures.ts";
import { createFlow } from "../src/architectures/create-flow.ts";
import { small } from "./small.ts";

/** The laws of these take minutes at their default sizes; files of their own have smaller ones. */
const slow = new Set(["unaf", "cnf", "planar", "radial", "sylvester"]);

export const createFlowCases: Readonly<Record<string, DistributionCase>> = {
  ...Object.fromEntries(
    architectureNames
      .filter((name) => !slow.has(name))
      .map((name) => [
        `createFlow ${name}, 3 features, context`,
        { make: (key: Key) => createFlow(name, { features: 3, context: 2, transforms: 1, key, ...small }) },
      ]),
  ),
};
