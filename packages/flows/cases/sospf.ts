import type { DistributionCase } from "@pushforward/testing";
import { sospf } from "../src/presets/autoregressive.ts";
import { small } from "./small.ts";

/** `trained-flows.test.ts` integrates it: to draw samples enough for a law is slow. */
export const sospfCases: Readonly<Record<string, DistributionCase>> = {
  "sospf, 1 feature": { make: (key) => sospf({ features: 1, transforms: 2, key, ...small }) },
};
