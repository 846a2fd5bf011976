import type { BijectionCase } from "@pushforward/testing";
import { Kumaraswamy } from "../../src/elementwise/kumaraswamy.ts";

/** Next to 1, little is left of 1 − y in float32. */
const nearOne = { tolerances: { roundTrip: 1e-3, logDet: 0.1 } };

export const kumaraswamyCases: Readonly<Record<string, BijectionCase>> = {
  Kumaraswamy: {
    make: () => new Kumaraswamy({ features: 2 }),
    eventShape: [2],
    domain: { low: 0, high: 1 },
    range: { low: 0, high: 1 },
    elementwise: true,
    ...nearOne,
  },
  "Kumaraswamy of one feature": {
    make: () => new Kumaraswamy({ features: 1 }),
    eventShape: [1],
    domain: { low: 0, high: 1 },
    range: { low: 0, high: 1 },
    elementwise: true,
    ...nearOne,
    perturbation: 0.5,
  },
};
