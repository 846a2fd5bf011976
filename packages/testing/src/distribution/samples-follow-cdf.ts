import type { Distribution } from "@pushforward/core";
import { kolmogorovSmirnov } from "@pushforward/ops";
import { formatNumber, KEPT, type Measurement } from "../law/comparison.ts";
import { requireP } from "../law/require-p.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { drawMany } from "./sample-many.ts";

export function samplesFollowExactCdf(trial: DistributionTrial): Measurement {
  const { cdf } = trial.theCase;
  return testCdfs(trial, distributionAt(trial.value, trial.theCase, trial.key, 1), () => cdf as (x: number) => number);
}

export function testCdfs(
  trial: DistributionTrial,
  distribution: Distribution,
  cdfOf: (member: number) => (x: number) => number,
): Measurement {
  const draws = drawMany(distribution, trial.key);
  for (const [member, values] of draws.entries()) {
    const { statistic, pValue } = kolmogorovSmirnov(Float64Array.from(values.sort(), cdfOf(member)));
    requireP(pValue, draws.length, `Kolmogorov–Smirnov distance ${formatNumber(statistic)}, batch member ${member}`);
  }
  return KEPT;
}
