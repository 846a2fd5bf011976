import type { BijectionCase } from "@pushforward/testing";
import { Diagonal } from "../../src/linear/low-rank-linear.ts";

export const diagonalCases: Readonly<Record<string, BijectionCase>> = {
  Diagonal: { make: () => new Diagonal({ features: 3 }), eventShape: [3], elementwise: true },
};
