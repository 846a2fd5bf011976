import type { BijectionCase } from "@pushforward/testing";
import { Diagonal } from "../../src/linear/diagonal.ts";

export const diagonalCases: Readonly<Record<string, BijectionCase>> = {
  Diagonal: { make: () => new Diagonal({ features: 3 }), eventShape: [3], elementwise: true },
};
