import { rowNumber } from "@pushforward/columns/extend";
import { type Column, columnStatistics, DataError, ndArray, type Table } from "pushforward";

const SMALLEST_SCALE = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Refuses columns that float32 cannot hold, before anything is learned from them. A model is computed in float32 on
 * standardized columns: their means and standard deviations must be in its range.
 *
 * @throws {DataError} with file, column and the row of the number that is to blame.
 */
export function checkPrecision(table: Table, names: readonly string[], file: string): void {
  const wanted = new Set(names);
  for (const column of table.columns) {
    if (column.kind === "number" && wanted.has(column.name)) checkColumn(table, column, file);
  }
}

function checkColumn(table: Table, { name, values }: Column & { readonly kind: "number" }, file: string): void {
  const { mean, sd } = columnStatistics(ndArray([values.length, 1], Float64Array.from(values)));
  const [center, scale] = [mean[0] as number, sd[0] as number];
  let far = 0;
  for (const [i, value] of values.entries()) {
    if (Math.abs(value / 2 - center / 2) > Math.abs((values[far] as number) / 2 - center / 2)) far = i;
  }
  const row = rowNumber(table, far);
  const value = values[far] as number;
  const refuse = (text: string, place = `${file}, column "${name}"`): never => {
    throw new DataError(`${place}: ${text}`, { file, column: name, row });
  };
  if (Math.abs(value) > LARGEST) {
    refuse(
      `expected numbers of at most ${LARGEST.toPrecision(2)} in size, got ${value}. ` +
        "Correct it, declare it missing with --na, or divide the whole column by a power of ten.",
      `${file}, row ${row}, column "${name}"`,
    );
  }
  if (scale < SMALLEST_SCALE) {
    refuse(
      `expected a standard deviation of at least ${SMALLEST_SCALE.toPrecision(2)}, got ${scale.toPrecision(2)}. ` +
        "Multiply the column by a power of ten.",
    );
  }
}
