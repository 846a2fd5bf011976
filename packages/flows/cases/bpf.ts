import type { DistributionCase } from "@pushforward/testing";
import { bpf } from "../src/presets/autoregressive.ts";
import { small } from "./small.ts";

/** `trained-flows.test.ts` integrates it: to draw samples enough for a law is slow. */
export const bpfCases: Readonly<Record<string, DistributionCase>> = {
  "bpf, 1 feature": { make: (key) => bpf({ features: 1, transforms: 2, degree: 8, key, ...small }) },
};
