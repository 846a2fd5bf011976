import type { BijectionCase } from "@pushforward/testing";
import { Continuous } from "../src/continuous/continuous.ts";
import { VelocityNetwork } from "../src/continuous/velocity-network.ts";

export const continuousCases: Readonly<Record<string, BijectionCase>> = {
  "Continuous, 2 features, context, three hidden layers": {
    make: (key) =>
      new Continuous({
        field: new VelocityNetwork({ features: 2, context: 1, hidden: [3, 3, 3], activation: "tanh", key }),
      }),
    eventShape: [2],
    tolerances: { logDet: 3e-5, same: 3e-5 },
  },
  "Continuous, 1 feature, one hidden layer, elu": {
    make: (key) =>
      new Continuous({
        field: new VelocityNetwork({ features: 1, hidden: [4], activation: "elu", key }),
        solver: "runge-kutta-4",
        steps: 12,
      }),
    eventShape: [1],
  },
};
