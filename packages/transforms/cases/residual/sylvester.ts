import { Mlp } from "@pushforward/conditioners";
import { createKey } from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import { Sylvester } from "../../src/residual/sylvester.ts";

export const sylvesterCases: Readonly<Record<string, BijectionCase>> = {
  "Sylvester of 1 feature": { make: (key) => new Sylvester({ features: 1, key }), eventShape: [1] },
  "Sylvester at its start": { make: () => new Sylvester({ features: 3 }), eventShape: [3] },
  "Sylvester of 2 of 5 features": {
    make: () => new Sylvester({ features: 5, directions: 2, key: createKey(3) }),
    eventShape: [5],
  },
  "Sylvester of 4 features": { make: () => new Sylvester({ features: 4, key: createKey(4) }), eventShape: [4] },
  "Sylvester of 2 features, context": {
    make: (key) =>
      new Sylvester({ features: 2, key, conditioner: new Mlp({ inputSize: 3, outputSize: 10, hidden: [4], key }) }),
    eventShape: [2],
  },
};
