import type { Column } from "@pushforward/datasets";
import type { CellLimits } from "./cell-limits.ts";
import type { CellCoding } from "./coding/category-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import type { CopiedCells } from "./copied-cells.ts";
import { cellAt, columnFromCells, type DependentCells, followingCells, NOTHING } from "./dependent-cells.ts";

/** A column of a `TableDensity`. */
export interface DensityColumn {
  readonly name: string;
  readonly coding: CellCoding;
  /** Places of the columns before it that its density reads. */
  readonly parents: readonly number[];
  /**
   * The members. The probability of a cell is the mean of their probabilities. Empty: the column has its distribution
   * in the training rows.
   */
  readonly members: readonly ColumnDensity[];
  /** `true` if the column is given: it has no density here, and is not drawn. Default: false. */
  readonly isGiven?: boolean | undefined;
  /** Present if the cells follow from columns before it. The column has no members then. */
  readonly dependent?: DependentCells | undefined;
  /** Present if a cell may be a copy of a cell before it. */
  readonly copies?: CopiedCells | undefined;
  /** Present if the cells keep rules with cells before it. */
  readonly limits?: CellLimits | undefined;
}

/** A column whose cells follow from columns before it. */
export type DependentDensityColumn = DensityColumn & { readonly dependent: DependentCells };

/** `true` for a column that is a copy of earlier columns in some rows, or often recalls cells. */
export function isCopied({ copies }: Pick<DensityColumn, "copies">): boolean {
  return copies !== undefined && (copies.sources.length > 0 || copies.isSeparate === true);
}

/**
 * `true` for a column that the mixtures of a density leave out: it follows from other columns, or has copies. Its
 * density given the columns before it is a common factor.
 */
export function isSeparate(column: Pick<DensityColumn, "dependent" | "copies">): boolean {
  return column.dependent !== undefined || isCopied(column);
}

/**
 * Returns for a dependent column the cell that follows in each row.
 *
 * @param drawn the cells of rows where the cell does not follow.
 */
export function followingColumn(
  { name, coding, dependent }: DependentDensityColumn,
  sources: readonly Column[],
  drawn: Column,
): Column {
  const cells = followingCells(dependent, sources, drawn.values.length, coding).map((cell, row) =>
    cell === NOTHING ? cellAt(drawn, row) : (cell as string | number | undefined),
  );
  return columnFromCells(name, drawn.kind, cells);
}
