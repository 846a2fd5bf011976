import { Comparison, type Measurement } from "../law/comparison.ts";
import { densities } from "./densities.ts";
import { integral } from "./density-grid.ts";
import type { DistributionTrial } from "./distribution-trial.ts";

export function integratesToOne(trial: DistributionTrial): Measurement {
  const { grid, all } = densities(trial);
  const comparison = new Comparison(trial.tolerances.integral);
  for (const [member, density] of all.entries()) {
    comparison.add(
      integral(grid, (i) => density[i] as number),
      1,
      () => `batch member ${member}`,
    );
  }
  return comparison.result();
}
