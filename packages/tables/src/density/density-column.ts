import type { Column } from "@pushforward/datasets";
import type { CellCoding } from "./coding/category-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import { cellAt, columnFromCells, type DependentCells, followingCells, NOTHING } from "./dependent-cells.ts";

/** A column of a `TableDensity`. */
export interface DensityColumn {
  readonly name: string;
  readonly coding: CellCoding;
  /** Places of the columns before it that its density reads. */
  readonly parents: readonly number[];
  /** The mean of their probabilities is that of a cell. None: the column has its distribution in the training rows. */
  readonly members: readonly ColumnDensity[];
  /** Whether the column is given: it has no density here, and is not drawn. Default: false. */
  readonly isGiven?: boolean | undefined;
  /** Present where the cells follow from those of columns before it; then there are no members. */
  readonly dependent?: DependentCells | undefined;
}

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
