import type { BijectionCase } from "@pushforward/testing";
import { SignedPower } from "../../src/elementwise/tails.ts";

export const signedPowerCases: Readonly<Record<string, BijectionCase>> = {
  SignedPower: { make: () => new SignedPower({ features: 3 }), eventShape: [3], elementwise: true },
  "SignedPower of one feature": {
    make: () => new SignedPower({ features: 1 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.3,
    knownLimits: [
      { law: "change of measure", reason: "the derivative at 0 is 0 or infinite, which a grid does not integrate" },
    ],
  },
};
