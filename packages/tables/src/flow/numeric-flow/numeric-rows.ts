import { DataError, type NdArray, ndArray } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { columnOf } from "../../density/coding/cell-coding.ts";
import { SoftLog } from "./soft-log.ts";

/** A column of a `NumericFlow`. */
export interface NumericColumn {
  readonly name: string;
  /** Of its soft logarithm, for numbers above 0; 0 for a column that is taken as it is. */
  readonly scale: number;
}

/** Numbers of a table as a flow learns them. */
export interface NumericRows {
  /** `[rows, columns]`; 0 where a number is outside of what its column can have. */
  readonly values: NdArray;
  /** What the log-density of each row is above that of its values, in nats; −∞ where a number is outside. */
  readonly logVolume: Float64Array;
}

/**
 * The numbers of some columns as a flow learns them: a number is outside where it is missing, infinite, or not above 0 where
 * all are.
 *
 * @throws {DataError} a column is missing or of another kind.
 */
export function numericRows(table: Table, columns: readonly NumericColumn[]): NumericRows {
  const [rows, width] = [table.rows, columns.length];
  const y = new Float64Array(rows * width);
  const logVolume = new Float64Array(rows);
  for (const [j, { name, scale }] of columns.entries()) {
    const log = scale === 0 ? undefined : new SoftLog(scale);
    const values = numbersOf(table, name);
    for (let i = 0; i < rows; i++) {
      const x = values[i] as number;
      const isOutside = !Number.isFinite(x) || (log !== undefined && x <= 0);
      y[i * width + j] = isOutside ? 0 : (log?.forward(x) ?? x);
      const slope = isOutside ? Number.NEGATIVE_INFINITY : (log?.logSlope(x) ?? 0);
      logVolume[i] = (logVolume[i] as number) + slope;
    }
  }
  return { values: ndArray([rows, width], y), logVolume };
}

function numbersOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.kind === "number") return column.values;
  throw new DataError(`table: expected numbers in column "${name}", got text.`, { column: name });
}
