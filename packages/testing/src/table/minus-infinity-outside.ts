import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { formatRow } from "./format-row.ts";
import type { TableDensityTrial } from "./table-density-trial.ts";

export function minusInfinityOutside({ density, theCase }: TableDensityTrial): Measurement {
  const { outside } = theCase;
  if (outside === undefined) return KEPT;
  for (const [row, value] of density.logProb(outside).entries()) {
    if (value !== Number.NEGATIVE_INFINITY) {
      throw new Violation("a log-density of -Infinity", formatNumber(value), formatRow(outside, row));
    }
  }
  return KEPT;
}
