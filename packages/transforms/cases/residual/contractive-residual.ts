import type { BijectionCase } from "@pushforward/testing";
import { ContractiveResidual } from "../../src/residual/contractive-residual.ts";

export const contractiveResidualCases: Readonly<Record<string, BijectionCase>> = {
  "ContractiveResidual of 1 feature, context, tanh": {
    make: (key) => new ContractiveResidual({ features: 1, context: 2, hidden: [3], activation: "tanh", key }),
    eventShape: [1],
    perturbation: 0.5,
  },
  "ContractiveResidual of 2 features": {
    make: (key) => new ContractiveResidual({ features: 2, hidden: [4, 3], key }),
    eventShape: [2],
    perturbation: 0.5,
  },
};
