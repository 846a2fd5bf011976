import type { CsvTable, Table } from "@pushforward/datasets";

/** The number of a row in the file of its table, from 1: rows of the file that were left out count. */
export function rowNumber(table: Table, index: number): number {
  return isCsvTable(table) ? (table.rowNumbers[index] as number) : index + 1;
}

function isCsvTable(table: Table): table is CsvTable {
  return "rowNumbers" in table;
}
