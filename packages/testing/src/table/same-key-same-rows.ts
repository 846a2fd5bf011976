import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { firstDifference } from "./first-difference.ts";
import { requireSameRows } from "./require-same-rows.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

export function sameKeySameRows(trial: TableDensityTrial): Measurement {
  const [otherKey] = trial.key.split(1);
  const first = drawRows(trial, trial.points);
  requireSameRows(drawRows(trial, trial.points), first, "the same rows for the same key");
  if (firstDifference(drawRows({ ...trial, key: otherKey }, trial.points), first) === undefined) {
    throw new Violation("other rows for another key", "the same");
  }
  return KEPT;
}
