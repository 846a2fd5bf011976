import type { Column, Table } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import type { ColumnLayout, TableOptions } from "./column-layout.ts";
import { RequestError } from "./read-json.ts";

/**
 * The table of a body of Arrow IPC.
 *
 * @throws {RequestError | DataError} it is no Arrow, has too many rows, or a column is not as the model needs it.
 */
export async function arrowTable(body: Uint8Array, layout: ColumnLayout, options: TableOptions): Promise<Table> {
  // Apache Arrow is loaded when it is used.
  const [{ checkArrow }, { readArrow }] = await Promise.all([
    import("./check-arrow.ts"),
    import("@pushforward/files/arrow"),
  ]);
  checkArrow(body, options.maxRows);
  const { rows, columns } = readArrow(body);
  if (rows === 0) throw new RequestError("body: expected at least one row, got none.");
  const names = columns.map(({ name }) => name);
  const unknown = names.find((name) => !layout.has(name));
  if (unknown !== undefined && options.others === "refuse") {
    const shown = JSON.stringify(unknown.slice(0, 60));
    throw new RequestError(`columns: expected the columns ${listNames([...layout.keys()])}, got ${shown}.`);
  }
  const lacking = options.needed.find((name) => !names.includes(name));
  if (lacking !== undefined) {
    throw new RequestError(`body: expected a column "${lacking}", got the columns ${listNames(names)}.`);
  }
  const used = columns.filter(({ name }) => options.others === "keep" || layout.get(name)?.isUsed === true);
  return { rows, columns: used.map((column) => checkedColumn(column, layout)) };
}

function checkedColumn(column: Column, layout: ColumnLayout): Column {
  if (column.kind === "text") return column;
  const { name, values } = column;
  const marks = new MissingMarkers(layout.get(name)?.markers ?? []);
  const known = values.map((value) => (marks.hasNumber(value) ? Number.NaN : value));
  const row = known.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (row >= 0) {
    throw new RequestError(`body, row ${row + 1}, column "${name}": expected a finite number, got ${values[row]}.`);
  }
  return { ...column, values: known };
}
