import { Mlp } from "@pushforward/conditioners";
import { createKey } from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import { Planar } from "../../src/residual/planar.ts";

export const planarCases: Readonly<Record<string, BijectionCase>> = {
  "Planar of 1 feature": { make: (key) => new Planar({ features: 1, key }), eventShape: [1] },
  "Planar at its start": { make: () => new Planar({ features: 3 }), eventShape: [3] },
  "Planar of 2 features": { make: () => new Planar({ features: 2, key: createKey(3) }), eventShape: [2] },
  "Planar of 5 features": { make: () => new Planar({ features: 5, key: createKey(4) }), eventShape: [5] },
  "Planar of 2 features, context": {
    make: (key) =>
      new Planar({ features: 2, key, conditioner: new Mlp({ inputSize: 3, outputSize: 5, hidden: [4], key }) }),
    eventShape: [2],
  },
};
