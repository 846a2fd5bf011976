import type { BijectionCase } from "@pushforward/testing";
import { Continuous } from "../src/continuous/continuous.ts";
import { VelocityNetwork } from "../src/continuous/velocity-network.ts";

// Few steps: laws of gradients evaluate the map hundreds of times. The solver that chooses its steps is that of `cnf, 2 features`.
export const continuousCases: Readonly<Record<string, BijectionCase>> = {
  "Continuous, 2 features, context, three hidden layers": {
    make: (key) =>
      new Continuous({
        field: new VelocityNetwork({ features: 2, context: 1, hidden: [3, 3, 3], activation: "tanh", key }),
        solver: "runge-kutta-4",
        steps: 2,
      }),
    eventShape: [2],
  },
  "Continuous, 1 feature, one hidden layer, elu": {
    make: (key) =>
      new Continuous({
        field: new VelocityNetwork({ features: 1, hidden: [4], activation: "elu", key }),
        solver: "runge-kutta-4",
        steps: 3,
      }),
    eventShape: [1],
  },
};
