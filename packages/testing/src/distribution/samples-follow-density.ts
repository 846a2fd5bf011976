import type { Distribution } from "@pushforward/core";
import { chiSquaredTail } from "@pushforward/ops";
import { formatNumber, KEPT, type Measurement } from "../law/comparison.ts";
import { pooledChiSquared } from "../law/pooled-chi-squared.ts";
import { requireP } from "../law/require-p.ts";
import { densities } from "./densities.ts";
import { CELLS, cellProbabilities, type Grid, numericCdf } from "./density-grid.ts";
import type { DistributionTrial } from "./distribution-trial.ts";
import { drawMany } from "./sample-many.ts";
import { testCdfs } from "./samples-follow-cdf.ts";

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
  const draws = drawMany(distribution, trial.key);
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
