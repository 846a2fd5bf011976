import type { DistributionCase } from "@pushforward/testing";
import { naf } from "../src/presets/autoregressive.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const nafCases: Readonly<Record<string, DistributionCase>> = {
  "naf, 1 feature, context": {
    make: (key) => naf({ features: 1, context: 2, transforms: 2, key, ...small }),
    integrate: line,
  },
  "naf, 2 features": { make: (key) => naf({ features: 2, transforms: 2, units: 4, key, ...small }), integrate: plane },
};
