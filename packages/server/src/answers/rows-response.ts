import type { Table } from "pushforward";
import type { WorkerRequest, WorkerResponse } from "../workers/messages.ts";
import { jsonResponse } from "./json-response.ts";
import { rowsToJson } from "./table-json.ts";

/** An answer that is rows: JSON with more about them, or Arrow, which has the rows alone. */
export function rowsResponse(table: Table, { answerType }: WorkerRequest, more: object): WorkerResponse {
  void answerType;
  return jsonResponse(table.rows, { rows: rowsToJson(table), ...more });
}
