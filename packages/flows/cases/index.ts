import type { BijectionCase, DistributionCase } from "@pushforward/testing";
import * as flows from "./flows.ts";
import * as layers from "./layers.ts";

/** Layers: one case for each scheme × family × size × context × orientation that differs. */
export const bijectionCases: Readonly<Record<string, BijectionCase>> = Object.fromEntries(
  Object.values(layers).flatMap(Object.entries<BijectionCase>),
);

/** Flows: untrained, which are their base, and with moved parameters. */
export const distributionCases: Readonly<Record<string, DistributionCase>> = Object.fromEntries(
  Object.values(flows).flatMap(Object.entries<DistributionCase>),
);
