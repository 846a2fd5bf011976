import { sizeOf } from "@pushforward/core/extend";
import { Comparison, type Measurement } from "../law/comparison.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { momentsOf } from "./moments-of.ts";
import { drawMany } from "./sample-many.ts";

export function moments(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const comparison = new Comparison(trial.tolerances.moments);
  const exact = (value: number | readonly number[] | undefined, i: number): number | undefined =>
    typeof value === "number" ? value : value?.[i];
  for (const [member, draws] of drawMany(distribution, trial.key).entries()) {
    for (let e = 0; e < size; e++) {
      const own = draws.filter((_, i) => i % size === e);
      const { mean, variance, fourth } = momentsOf(own);
      const n = own.length;
      const where = (what: string) => (): string =>
        `${what} of element ${e}, batch member ${member} (in standard errors)`;
      const expectedMean = exact(trial.theCase.mean, e);
      if (expectedMean !== undefined) {
        comparison.add((mean - expectedMean) / Math.sqrt(variance / n), 0, where("mean"));
      }
      const expectedVariance = exact(trial.theCase.variance, e);
      if (expectedVariance !== undefined) {
        const error = Math.sqrt((fourth - variance ** 2) / n);
        comparison.add((variance - expectedVariance) / error, 0, where("variance"));
      }
    }
  }
  return comparison.result();
}
