import type { Column } from "@pushforward/datasets";
import type { DensityColumn } from "./density-column.ts";
import { cellAt, columnFromCells, type DependentCells, followingCells, NOTHING } from "./dependent-cells.ts";

/**
 * A column that follows from others: for each row the cell that follows.
 *
 * @param drawn the cells of rows where nothing follows.
 */
export function followingColumn(
  { name, coding, dependent }: DensityColumn & { readonly dependent: DependentCells },
  sources: readonly Column[],
  drawn: Column,
): Column {
  const cells = followingCells(dependent, sources, drawn.values.length, coding.step).map((cell, row) =>
    cell === NOTHING ? cellAt(drawn, row) : (cell as string | number | undefined),
  );
  return columnFromCells(name, drawn.kind, cells);
}
