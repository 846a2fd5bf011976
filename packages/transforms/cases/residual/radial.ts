import { Mlp } from "@pushforward/conditioners";
import { createKey } from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import { Radial } from "../../src/residual/planar.ts";

export const radialCases: Readonly<Record<string, BijectionCase>> = {
  "Radial of 1 feature": { make: (key) => new Radial({ features: 1, key }), eventShape: [1] },
  "Radial at its start": { make: () => new Radial({ features: 3 }), eventShape: [3] },
  "Radial of 2 features": { make: () => new Radial({ features: 2, key: createKey(3) }), eventShape: [2] },
  "Radial of 5 features": { make: () => new Radial({ features: 5, key: createKey(4) }), eventShape: [5] },
  "Radial of 2 features, context": {
    make: (key) =>
      new Radial({ features: 2, key, conditioner: new Mlp({ inputSize: 3, outputSize: 4, hidden: [4], key }) }),
    eventShape: [2],
  },
};
