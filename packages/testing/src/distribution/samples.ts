import type { Distribution } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { chiSquaredTail, kolmogorovSmirnov } from "@pushforward/ops";
import {
  Comparison,
  compareArrays,
  formatNumber,
  hostCopy,
  KEPT,
  type Measurement,
  Violation,
} from "../law/comparison.ts";
import { inTidy, pooledChiSquared, requireP } from "../law/law.ts";
import { CELLS, cellProbabilities, type Grid, numericCdf } from "./density-grid.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { densities, integerMasses } from "./normalization.ts";

const SAMPLES = 20_000;
/** In one chunk: all draws of quick laws. */
export const SAMPLES_AT_ONCE = 5_000;

// Many draws of each batch member, in chunks that keep the backend's memory small.
export function drawMany(distribution: Distribution, { key, quick }: DistributionTrial): Float32Array[] {
  const count = quick ? SAMPLES_AT_ONCE : SAMPLES;
  const members = sizeOf(distribution.batchShape);
  const size = sizeOf(distribution.eventShape);
  const result = Array.from({ length: members }, () => new Float32Array(count * size));
  for (let start = 0; start < count; start += SAMPLES_AT_ONCE) {
    const chunk = inTidy(() => hostCopy(distribution.sample(key.fold(start), [SAMPLES_AT_ONCE])));
    for (let i = 0; i < SAMPLES_AT_ONCE; i++) {
      for (let m = 0; m < members; m++) {
        const from = (i * members + m) * size;
        (result[m] as Float32Array).set(chunk.subarray(from, from + size), (start + i) * size);
      }
    }
  }
  return result;
}

export function samplesFollowExactCdf(trial: DistributionTrial): Measurement {
  const { cdf } = trial.theCase;
  return testCdfs(trial, distributionAt(trial.value, trial.theCase, trial.key, 1), () => cdf as (x: number) => number);
}

function testCdfs(
  trial: DistributionTrial,
  distribution: Distribution,
  cdfOf: (member: number) => (x: number) => number,
): Measurement {
  const draws = drawMany(distribution, trial);
  for (const [member, values] of draws.entries()) {
    const { statistic, pValue } = kolmogorovSmirnov(Float64Array.from(values.sort(), cdfOf(member)));
    requireP(pValue, draws.length, `Kolmogorov–Smirnov distance ${formatNumber(statistic)}, batch member ${member}`);
  }
  return KEPT;
}

export function samplesFollowDensity(trial: DistributionTrial): Measurement {
  const { distribution, grid, all } = densities(trial);
  return grid.dimensions === 1
    ? testCdfs(trial, distribution, (member) => numericCdf(grid, all[member] as Float64Array))
    : testCells(trial, distribution, grid, (member) => cellProbabilities(grid, all[member] as Float64Array));
}

function testCells(
  trial: DistributionTrial,
  distribution: Distribution,
  grid: Grid,
  probabilitiesOf: (member: number) => Float64Array,
): Measurement {
  const draws = drawMany(distribution, trial);
  for (const [member, values] of draws.entries()) {
    const probabilities = probabilitiesOf(member);
    const counts = new Float64Array(probabilities.length);
    for (let i = 0; i < values.length; i += 2) {
      const [row, column] = [0, 1].map((axis) => {
        const width = ((grid.points - 1) / CELLS) * (grid.step[axis] as number);
        return Math.floor(((values[i + axis] as number) - (grid.low[axis] as number)) / width);
      }) as [number, number];
      const inside = row >= 0 && row < CELLS && column >= 0 && column < CELLS;
      const cell = inside ? row * CELLS + column : CELLS * CELLS;
      counts[cell] = (counts[cell] as number) + 1;
    }
    const { statistic, degrees } = pooledChiSquared(counts, probabilities, values.length / 2);
    requireP(
      chiSquaredTail(statistic, degrees),
      draws.length,
      `χ² ${formatNumber(statistic)} with ${degrees} degrees of freedom, batch member ${member}`,
    );
  }
  return KEPT;
}

export function samplesFollowMasses(trial: DistributionTrial): Measurement {
  const { low, masses } = integerMasses(trial);
  const draws = drawMany(distributionAt(trial.value, trial.theCase, trial.key, 1), trial);
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

export function sameKeySameBits(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const [otherKey] = trial.key.split(1);
  const first = hostCopy(distribution.sample(trial.key, [50]));
  const again = hostCopy(distribution.sample(trial.key, [50]));
  const other = hostCopy(distribution.sample(otherKey, [50]));
  const i = first.findIndex((v, at) => !Object.is(v, again[at]));
  if (i >= 0) throw new Violation(`the same draw for the same key, ${first[i]}`, String(again[i]));
  if (first.every((v, at) => v === other[at])) throw new Violation("other draws for another key", "the same");
  return KEPT;
}

export function sampleAndLogProbAgrees(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const comparison = new Comparison(trial.tolerances.same);
  const [x, logProb] = distribution.sampleAndLogProb(trial.key, [trial.points]);
  const sample = hostCopy(distribution.sample(trial.key, [trial.points]));
  compareArrays(comparison, hostCopy(x), sample, "sample of sampleAndLogProb against sample");
  const evaluated = hostCopy(distribution.logProb(x));
  compareArrays(comparison, hostCopy(logProb), evaluated, "log-density of sampleAndLogProb against logProb");
  return comparison.result();
}
