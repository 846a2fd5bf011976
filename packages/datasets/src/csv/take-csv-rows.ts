import { takeTableRows } from "../table.ts";
import type { CsvTable } from "./csv-options.ts";

/**
 * The rows of a table at the given indices, in their order; they keep their numbers in the file.
 *
 * @example
 * const rows = parseCsv("x\n1\n2\n3\n");
 * [...takeCsvRows(rows, [0, 2]).rowNumbers]; // → [1, 3]
 */
export function takeCsvRows(source: CsvTable, indices: ArrayLike<number>): CsvTable {
  return {
    ...source,
    ...takeTableRows(source, indices),
    rowNumbers: Float64Array.from(indices, (i) => source.rowNumbers[i] as number),
  };
}
