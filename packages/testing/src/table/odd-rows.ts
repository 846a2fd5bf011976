import { cellOf } from "./cell-of.ts";
import { columnOfCells } from "./column-of-cells.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";
import type { Cell, ColumnLike, TableLike } from "./table-like.ts";

const ODD_NUMBERS = [0, -1, 1e-300, 1e300, -1e300, Number.MAX_VALUE, undefined];
const ODD_TEXTS = ["", "__proto__", "a category that no row has", undefined];

/** Drawn rows, each of them with one cell that is odd (huge, missing, new), and with all cells odd. */
export function oddRows(trial: TableDensityTrial): TableLike {
  const drawn = drawRows(trial, 1);
  const rows = Array.from({ length: drawn.rows }, (_, row) => drawn.columns.map((column) => cellOf(column, row)));
  const odd = rows.flatMap((row) =>
    drawn.columns.flatMap(({ kind }, k) => oddCells(kind).map((cell) => row.map((own, j) => (j === k ? cell : own)))),
  );
  const most = Math.max(ODD_NUMBERS.length, ODD_TEXTS.length);
  const all = Array.from({ length: most }, (_, i) =>
    drawn.columns.map(({ kind }) => oddCells(kind)[i % oddCells(kind).length]),
  );
  return tableOfRows(drawn.columns, [...odd, ...all]);
}

function oddCells(kind: ColumnLike["kind"]): readonly Cell[] {
  return kind === "number" ? ODD_NUMBERS : ODD_TEXTS;
}

function tableOfRows(columns: readonly ColumnLike[], rows: readonly (readonly Cell[])[]): TableLike {
  return {
    rows: rows.length,
    columns: columns.map(({ name, kind }, k) =>
      columnOfCells(
        name,
        kind,
        rows.map((row) => row[k]),
      ),
    ),
  };
}
