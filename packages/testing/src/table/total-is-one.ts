import { Comparison, type Measurement } from "../law/comparison.ts";
import { formatRow } from "./format-row.ts";
import { probabilities, type TableDensityTrial } from "./table-density-trial.ts";

export function totalIsOne(trial: TableDensityTrial): Measurement {
  const { context } = trial.theCase;
  const comparison = new Comparison(trial.tolerances.total);
  for (const [k, own] of probabilities(trial).all.entries()) {
    const total = own.reduce((sum, p) => sum + p, 0);
    comparison.add(total, 1, () =>
      context === undefined ? "the sum over all rows" : `given ${formatRow(context, k)}`,
    );
  }
  return comparison.result();
}
