import type { BijectionCase } from "@pushforward/testing";
import { Permutation, randomPermutation, reversePermutation } from "../src/linear/permutation.ts";

export const permutationCases: Readonly<Record<string, BijectionCase>> = {
  "Permutation of 1 feature": { make: () => new Permutation({ order: [0] }), eventShape: [1] },
  "Permutation of 3 features": { make: () => new Permutation({ order: [1, 2, 0] }), eventShape: [3] },
  "reversePermutation of 5 features": { make: () => reversePermutation(5), eventShape: [5] },
  "randomPermutation of 16 features": { make: (key) => randomPermutation(16, key), eventShape: [16] },
};
