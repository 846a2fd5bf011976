import type { BijectionCase } from "@pushforward/testing";
import { Identity } from "../src/combinators/independent.ts";

export const identityCases: Readonly<Record<string, BijectionCase>> = {
  Identity: { make: () => new Identity(), eventShape: [], elementwise: true },
};
