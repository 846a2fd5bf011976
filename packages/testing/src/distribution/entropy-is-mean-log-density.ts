import { Comparison, type Measurement } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { densities } from "./densities.ts";
import { integral } from "./density-grid.ts";
import type { DistributionTrial } from "./distribution-trial.ts";
import { momentsOf } from "./moments-of.ts";
import { SAMPLES_AT_ONCE } from "./sample-many.ts";

// E[log p] by the grid and by draws, within five standard errors: no density may score itself better than it is.
export function entropyIsMeanLogDensity(trial: DistributionTrial): Measurement {
  const { distribution, grid, all } = densities(trial);
  const members = all.length;
  const [, logProb] = distribution.sampleAndLogProb(trial.key, [SAMPLES_AT_ONCE]);
  const values = hostCopy(logProb);
  const comparison = new Comparison(trial.tolerances.moments);
  for (const [member, density] of all.entries()) {
    const expected = integral(grid, (i) => {
      const p = density[i] as number;
      return p > 0 ? p * Math.log(p) : 0;
    });
    const own = values.filter((_, i) => i % members === member);
    const { mean, variance } = momentsOf(own);
    const error =
      Math.sqrt(variance / own.length) + (1e-3 * Math.max(1, Math.abs(expected))) / trial.tolerances.moments;
    comparison.add((mean - expected) / error, 0, () => `batch member ${member} (in standard errors)`);
  }
  // The last law that uses them: a list of laws may live long.
  trial.cache.entry = undefined;
  return comparison.result();
}
