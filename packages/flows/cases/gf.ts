import type { DistributionCase } from "@pushforward/testing";
import { gf } from "../src/presets/gf.ts";
import { small } from "./small.ts";

/** `trained-flows.test.ts` integrates it: to draw samples enough for a law is slow. */
export const gfCases: Readonly<Record<string, DistributionCase>> = {
  "gf, 1 feature": { make: (key) => gf({ features: 1, transforms: 2, components: 3, key, ...small }) },
};
