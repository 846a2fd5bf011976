import { chiSquaredTail } from "@pushforward/ops";
import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { pooledChiSquared } from "../law/pooled-chi-squared.ts";
import { requireP } from "../law/require-p.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { integerMasses } from "./integer-masses.ts";
import { drawMany } from "./sample-many.ts";

export function samplesFollowMasses(trial: DistributionTrial): Measurement {
  const { low, masses } = integerMasses(trial);
  const draws = drawMany(distributionAt(trial.value, trial.theCase, trial.key, 1), trial.key);
  for (const [member, values] of draws.entries()) {
    const own = masses[member] as Float64Array;
    // The last cell is everything beyond.
    const probabilities = Float64Array.from([...own, Math.max(0, 1 - own.reduce((a, b) => a + b, 0))]);
    const counts = new Float64Array(probabilities.length);
    for (const value of values) {
      if (!Number.isInteger(value)) throw new Violation("integers as draws", String(value));
      const cell = value >= low && value < low + own.length ? value - low : own.length;
      counts[cell] = (counts[cell] as number) + 1;
    }
    const { statistic, degrees } = pooledChiSquared(counts, probabilities, values.length);
    requireP(
      chiSquaredTail(statistic, degrees),
      draws.length,
      `χ² ${formatNumber(statistic)} with ${degrees} degrees of freedom, batch member ${member}`,
    );
  }
  return KEPT;
}
