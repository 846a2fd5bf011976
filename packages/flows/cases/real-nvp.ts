import type { DistributionCase } from "@pushforward/testing";
import { realNvp } from "../src/presets/common.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const realNvpCases: Readonly<Record<string, DistributionCase>> = {
  "realNvp, 1 feature, context": {
    make: (key) => realNvp({ features: 1, context: 1, key, ...small }),
    integrate: line,
  },
  "realNvp, 2 features": { make: (key) => realNvp({ features: 2, key, ...small }), integrate: plane },
  "realNvp, 5 features, context": { make: (key) => realNvp({ features: 5, context: 3, key, ...small }) },
};
