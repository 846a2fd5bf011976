import type { Column } from "@pushforward/datasets";
import { CELL_SIZE, type CellCoding, type RowOrigin } from "../../density/coding/cell-coding.ts";

/** Whether a missing cell is a value of its column like others, or has an unknown value. */
export type MissingCells = "value" | "unknown";

/** Cells of a column as a mixture of products reads them. */
export interface EncodedCells {
  /** −1 for a cell that no training row had, {@link UNKNOWN} for an unknown one. */
  readonly codes: Int32Array;
  /** Log-density within the code. */
  readonly logWeight: Float64Array;
  /** What a cell has in any component, see `CodedColumn`. */
  readonly logFloor: Float64Array;
  /** The code of missing cells, if there are any in this column and the coding has one. */
  readonly missingCode: number | undefined;
}

/** The code of a cell that is integrated out. */
export const UNKNOWN = -2;

/** Cells that are given: one that cannot occur (off the grid of its column) says nothing of the others. */
export function asGiven<T extends Pick<EncodedCells, "codes" | "logFloor">>(cells: T): T {
  const isImpossible = (floor: number, row: number): boolean =>
    floor === Number.NEGATIVE_INFINITY && cells.codes[row] === -1;
  return { ...cells, logFloor: cells.logFloor.map((floor, row) => (isImpossible(floor, row) ? 0 : floor)) };
}

/** Encodes the cells of a column. */
export function encodeCells(
  coding: CellCoding,
  column: Column,
  missing: MissingCells,
  origin: RowOrigin = "new",
): EncodedCells {
  const { cells, logFloor } = coding.encode(column, origin);
  const rows = logFloor.length;
  const codes = new Int32Array(rows);
  const logWeight = new Float64Array(rows);
  let missingCode: number | undefined;
  for (let i = 0; i < rows; i++) {
    const code = cells[i * CELL_SIZE] as number;
    const isMissing = column.kind === "text" ? (column.missing?.has(i) ?? false) : Number.isNaN(column.values[i]);
    if (isMissing && code >= 0) missingCode = code;
    codes[i] = isMissing && missing === "unknown" ? UNKNOWN : code;
    logWeight[i] = cells[i * CELL_SIZE + 1] as number;
  }
  return { codes, logWeight, logFloor, missingCode };
}
