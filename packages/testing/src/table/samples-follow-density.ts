import { chiSquaredTail } from "@pushforward/ops";
import { formatNumber, KEPT, type Measurement } from "../law/comparison.ts";
import { pooledChiSquared } from "../law/pooled-chi-squared.ts";
import { requireP } from "../law/require-p.ts";
import { pickRows } from "./pick-rows.ts";
import { rowBoxes } from "./row-boxes.ts";
import { drawRows, probabilities, type TableDensityTrial } from "./table-density-trial.ts";

const SAMPLES = 10_000;

export function samplesFollowDensity(trial: TableDensityTrial): Measurement {
  const { grid, all } = probabilities(trial);
  const drawn = drawRows(trial, SAMPLES);
  for (const [k, own] of all.entries()) {
    const boxes = rowBoxes(grid, own);
    const part = pickRows(
      drawn,
      Array.from({ length: SAMPLES }, (_, i) => k * SAMPLES + i),
    );
    const counts = boxes.count(part);
    const { undrawn = 0 } = trial.theCase;
    const { statistic, degrees } = pooledChiSquared(counts, boxes.probabilities, SAMPLES, undrawn);
    const where = all.length > 1 ? `, given row ${k}` : "";
    requireP(
      chiSquaredTail(statistic, degrees),
      all.length,
      `χ² ${formatNumber(statistic)} with ${degrees} degrees of freedom${where}`,
    );
  }
  return KEPT;
}
