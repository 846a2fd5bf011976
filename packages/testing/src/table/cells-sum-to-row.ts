import { Comparison, type Measurement } from "../law/comparison.ts";
import { formatRow } from "./format-row.ts";
import { oddRows } from "./odd-rows.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

export function cellsSumToRow(trial: TableDensityTrial): Measurement {
  const { density, theCase, points } = trial;
  const comparison = new Comparison(trial.tolerances.same);
  const tables = [drawRows(trial, points), oddRows(trial), ...(theCase.outside === undefined ? [] : [theCase.outside])];
  for (const table of tables) {
    const logProb = density.logProb(table);
    const cells = density.cellLogProb?.(table) ?? [];
    for (const [row, expected] of logProb.entries()) {
      const sum = cells.reduce((total, column) => total + (column[row] as number), 0);
      comparison.add(sum, expected, () => formatRow(table, row));
    }
  }
  return comparison.result();
}
