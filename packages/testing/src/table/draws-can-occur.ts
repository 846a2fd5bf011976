import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { cellOf } from "./cell-of.ts";
import { columnNamed } from "./column-named.ts";
import { formatCell, formatRow } from "./format-row.ts";
import type { TableColumnCase } from "./table-density-case.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";
import type { Cell } from "./table-like.ts";

const SAMPLES = 2_000;

export function drawsCanOccur(trial: TableDensityTrial): Measurement {
  const drawn = drawRows(trial, SAMPLES);
  const rows = SAMPLES * (trial.theCase.context?.rows ?? 1);
  if (drawn.rows !== rows) throw new Violation(`${rows} drawn rows`, String(drawn.rows));
  for (const column of trial.theCase.columns) {
    const canOccur = occurring(column);
    const own = columnNamed(drawn, column.name);
    for (let row = 0; row < rows; row++) {
      const cell = cellOf(own, row);
      if (!canOccur(cell)) throw new Violation(`cells of "${column.name}" that can occur`, formatCell(cell));
    }
  }
  for (const given of trial.theCase.context?.columns ?? []) {
    const own = columnNamed(drawn, given.name);
    for (let row = 0; row < rows; row++) {
      const [expected, got] = [cellOf(given, Math.floor(row / SAMPLES)), cellOf(own, row)];
      if (!Object.is(got, expected)) {
        throw new Violation(`the given ${formatCell(expected)} in "${given.name}"`, formatCell(got), `row ${row}`);
      }
    }
  }
  for (const [row, value] of trial.density.logProb(drawn).entries()) {
    if (!Number.isFinite(value)) {
      throw new Violation("a finite log-density of a drawn row", formatNumber(value), formatRow(drawn, row));
    }
  }
  return KEPT;
}

function occurring({ cells = [], integrate, bounds }: TableColumnCase): (cell: Cell) => boolean {
  const known = new Set(cells);
  const [low, high] = bounds ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  return (cell) =>
    known.has(cell) || (integrate !== undefined && typeof cell === "number" && cell >= low && cell <= high);
}
