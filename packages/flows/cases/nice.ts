import type { DistributionCase } from "@pushforward/testing";
import { nice } from "../src/presets/common.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const niceCases: Readonly<Record<string, DistributionCase>> = {
  "nice, 1 feature, context": { make: (key) => nice({ features: 1, context: 2, key, ...small }), integrate: line },
  "nice, 2 features": { make: (key) => nice({ features: 2, key, ...small }), integrate: plane },
};
