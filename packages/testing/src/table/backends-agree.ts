import { Comparison, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/in-tidy.ts";
import { onBothBackends } from "../law/on-both-backends.ts";
import { cellOf } from "./cell-of.ts";
import { columnNamed } from "./column-named.ts";
import { formatCell, formatRow } from "./format-row.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";
import type { TableLike } from "./table-like.ts";

export async function backendsAgree(trial: TableDensityTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  // Both backends score the draws of the first, so that an error of a draw does not count twice.
  let first: TableLike | undefined;
  const run = (): { drawn: TableLike; logProb: Float64Array } =>
    inTidy(() => {
      const drawn = drawRows(trial, trial.points);
      first ??= drawn;
      return { drawn, logProb: trial.density.logProb(first) };
    });
  const [cpu, wasm] = await onBothBackends(run);
  for (const [row, expected] of cpu.logProb.entries()) {
    comparison.add(wasm.logProb[row] as number, expected, () => `${formatRow(cpu.drawn, row)} (logProb on wasm)`);
  }
  for (const column of cpu.drawn.columns) {
    const other = columnNamed(wasm.drawn, column.name);
    for (let row = 0; row < cpu.drawn.rows; row++) {
      const [expected, got] = [cellOf(column, row), cellOf(other, row)];
      if (typeof expected === "number" && typeof got === "number") {
        comparison.add(got, expected, () => `"${column.name}" of row ${row} (sample on wasm)`);
      } else if (got !== expected) {
        throw new Violation(`"${column.name}" of a drawn row on wasm to be ${formatCell(expected)}`, formatCell(got));
      }
    }
  }
  return comparison.result();
}
