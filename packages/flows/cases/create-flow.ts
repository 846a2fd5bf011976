import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { architectureNames } from "../src/architectures.ts";
import { createFlow } from "../src/create-flow.ts";
import { small } from "./small.ts";

export const createFlowCases: Readonly<Record<string, DistributionCase>> = {
  ...Object.fromEntries(
    architectureNames.map((name) => [
      `createFlow ${name}, 3 features, context`,
      {
        make: (key: Key) => createFlow(name, { features: 3, context: 2, transforms: 1, key, ...small }),
        // With densities and without, an equation is solved in other steps.
        ...(name === "cnf" && { tolerances: { same: 3e-5 } }),
      },
    ]),
  ),
};
