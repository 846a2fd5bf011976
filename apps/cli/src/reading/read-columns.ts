import type { Table } from "@pushforward/datasets";
import type { TableModel } from "@pushforward/tables";
import type { ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { droppedNote, readTable, tableSource } from "./read-table.ts";

/**
 * Some columns of a file as typed rows of a model. Reports rows with missing values that are left out.
 *
 * @throws {DataError} a column is missing, or a value does not fit its column; the message names its row.
 */
export async function readColumns(
  model: TableModel,
  file: string,
  names: readonly string[],
  options: ReadOptions,
): Promise<Table> {
  const source = await tableSource(file, options);
  const { kinds = "text", missing = "keep" } = model.reading({ missing: options.missing, keepOthers: false });
  const columns = [...new Set(names)];
  const own =
    typeof kinds === "string" ? kinds : Object.fromEntries(columns.map((name) => [name, kinds[name] ?? "text"]));
  const table = await readTable(source, { columns, kinds: own, missing });
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) say(dropped);
  return model.read(table, { file: source.name, isPartial: true });
}
