import type { BijectionCase } from "@pushforward/testing";
import { monotoneIntegral } from "../../src/monotone/monotone-integral.ts";
import { LearnableRow } from "../learnable-row.ts";

export const monotoneIntegralCases: Readonly<Record<string, BijectionCase>> = {
  "monotoneIntegral family of 2 variables": {
    make: (key) =>
      new LearnableRow({ family: monotoneIntegral({ variables: 2, signal: 1, hidden: [3, 2], key }), key }),
    eventShape: [2],
    triangular: [0, 0],
    edges: [-8, 8],
  },
};
