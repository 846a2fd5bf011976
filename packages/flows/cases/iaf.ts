import type { DistributionCase } from "@pushforward/testing";
import { iaf } from "../src/presets/common.ts";
import { plane } from "./domains.ts";
import { small } from "./small.ts";

export const iafCases: Readonly<Record<string, DistributionCase>> = {
  "iaf, 2 features": { make: (key) => iaf({ features: 2, transforms: 2, key, ...small }), integrate: plane },
  "iaf, 5 features, context": { make: (key) => iaf({ features: 5, context: 2, key, ...small }) },
};
