import type { DistributionCase } from "@pushforward/testing";
import { nsf } from "../src/presets/common.ts";
import { line, plane } from "./domains.ts";
import { small } from "./small.ts";

export const nsfCases: Readonly<Record<string, DistributionCase>> = {
  "nsf, 1 feature": { make: (key) => nsf({ features: 1, key }), integrate: line },
  "nsf, 2 features": { make: (key) => nsf({ features: 2, transforms: 2, key, ...small }), integrate: plane },
  "nsf, 2 features, context, coupling": {
    make: (key) => nsf({ features: 2, context: 1, coupling: true, transforms: 2, key, ...small }),
    integrate: plane,
  },
  "nsf, 5 features, coupling, residual, dropout": {
    make: (key) => nsf({ features: 5, coupling: true, residual: true, dropout: 0.2, transforms: 2, key, ...small }),
  },
};
