import { Comparison, type Measurement } from "../law/comparison.ts";
import { formatRow } from "./format-row.ts";
import { pickRows } from "./pick-rows.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

const MOST_ROWS = 16;

export function rowsAreScoredAlone(trial: TableDensityTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  const table = drawRows(trial, Math.min(trial.points, MOST_ROWS));
  for (const [row, expected] of trial.density.logProb(table).entries()) {
    const alone = trial.density.logProb(pickRows(table, [row]))[0] as number;
    comparison.add(alone, expected, () => `${formatRow(table, row)}, alone against among others`);
  }
  return comparison.result();
}
