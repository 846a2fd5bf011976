import type { BijectionCase } from "@pushforward/testing";
import { Rotation } from "../../src/linear/orthogonal.ts";

export const rotationCases: Readonly<Record<string, BijectionCase>> = {
  "Rotation of 1 feature": { make: () => new Rotation({ features: 1 }), eventShape: [1] },
  "Rotation of 3 features": { make: () => new Rotation({ features: 3 }), eventShape: [3], perturbation: 1 },
  "Rotation of 8 features": { make: () => new Rotation({ features: 8 }), eventShape: [8] },
};
