import { expect, test } from "vitest";
import { meanLoss, meanLossSeed } from "./mean-loss.ts";

test("the seed is the gradient of the loss by the log-densities", () => {
  const logProb = [-1, 0.5, -3];
  for (const weights of [undefined, [0.5, 2, 0.25]]) {
    const seed = meanLossSeed(3, weights);
    for (const i of [0, 1, 2]) {
      const moved = logProb.map((value, j) => (j === i ? value + 1 : value));
      // The loss is linear in each.
      expect(seed[i]).toBeCloseTo(meanLoss(moved, 3, weights) - meanLoss(logProb, 3, weights), 6);
    }
  }
  expect(meanLoss(logProb, 3, undefined)).toBeCloseTo(3.5 / 3, 12);
  expect(meanLoss(logProb, 3, [0.5, 2, 0.25])).toBeCloseTo((0.5 - 1 + 0.75) / 3, 12);
});
