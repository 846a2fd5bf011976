import type { Table } from "pushforward";
import type { WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { arrowTable } from "./arrow-table.ts";
import type { SentRows } from "./checked-request.ts";
import type { ColumnLayout, TableOptions } from "./column-layout.ts";
import { jsonTable } from "./json-table.ts";
import { RequestError } from "./read-json.ts";

/**
 * The rows of a request.
 *
 * @throws {RequestError} they are not as the model needs them.
 */
export async function requestTable(
  request: WorkerRequest,
  sent: SentRows,
  layout: ColumnLayout,
  options: TableOptions,
): Promise<Table> {
  if (request.bodyType === "arrow") return await arrowTable(request.body, layout, options);
  return jsonTable(sent.rows, sent.columns, layout, options);
}

/**
 * Refuses missing cells where the model is a flow, which has no density of them.
 *
 * @throws {RequestError} a cell of a column of numbers is missing.
 */
export function refuseMissing({ columns }: Table, { model }: AnsweringModel): void {
  if (model.allowsMissing) return;
  for (const column of columns) {
    const row =
      column.kind === "number" ? column.values.findIndex(Number.isNaN) : ([...(column.missing ?? [])][0] ?? -1);
    if (row < 0) continue;
    throw new RequestError(
      `body, row ${row + 1}, column "${column.name}": expected a value, got a missing cell, of which a flow has no density.`,
    );
  }
}
