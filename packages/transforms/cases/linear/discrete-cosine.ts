import type { BijectionCase } from "@pushforward/testing";
import { DiscreteCosine } from "../../src/linear/orthogonal.ts";

export const discreteCosineCases: Readonly<Record<string, BijectionCase>> = {
  "DiscreteCosine of 1 feature": { make: () => new DiscreteCosine({ features: 1 }), eventShape: [1] },
  "DiscreteCosine of 6 features": { make: () => new DiscreteCosine({ features: 6 }), eventShape: [6] },
};
