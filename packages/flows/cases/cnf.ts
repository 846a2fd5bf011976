import type { DistributionCase } from "@pushforward/testing";
import { cnf } from "../src/presets/cnf.ts";
import { line } from "./domains.ts";

const steps = { solver: "runge-kutta-4", steps: 2, hidden: [6, 6] } as const;

export const cnfCases: Readonly<Record<string, DistributionCase>> = {
  "cnf, 1 feature, context": {
    make: (key) => cnf({ features: 1, context: 2, key, ...steps }),
    integrate: { ...line, points: 401 },
  },
  "cnf, 2 features": {
    make: (key) => cnf({ features: 2, hidden: [6, 6], trace: "hutchinson", key }),
    integrate: { low: -8, high: 8, points: 81 },
    tolerances: { same: 3e-5 },
  },
};
