import type { BijectionCase } from "@pushforward/testing";
import { monotoneNetwork } from "../../src/monotone/monotone-network.ts";
import { LearnableRow } from "../learnable-row.ts";

export const monotoneNetworkCases: Readonly<Record<string, BijectionCase>> = {
  "monotoneNetwork family of 2 variables": {
    make: (key) => new LearnableRow({ family: monotoneNetwork({ variables: 2, signal: 2, hidden: [4, 2], key }), key }),
    eventShape: [2],
    triangular: [0, 0],
  },
};
