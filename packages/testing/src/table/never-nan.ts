import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { formatRow } from "./format-row.ts";
import { oddRows } from "./odd-rows.ts";
import type { TableDensityTrial } from "./table-density-trial.ts";

export function neverNan(trial: TableDensityTrial): Measurement {
  const { density, theCase } = trial;
  for (const table of [oddRows(trial), ...(theCase.outside === undefined ? [] : [theCase.outside])]) {
    for (const values of [density.logProb(table), ...(density.cellLogProb?.(table) ?? [])]) {
      const row = values.findIndex((value) => !(value < Number.POSITIVE_INFINITY));
      if (row >= 0) {
        throw new Violation(
          "a finite log-density, or -Infinity",
          formatNumber(values[row] as number),
          formatRow(table, row),
        );
      }
    }
  }
  return KEPT;
}
