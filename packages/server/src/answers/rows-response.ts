import type { Table } from "pushforward";
import { ARROW_TYPES, type WorkerRequest, type WorkerResponse } from "../workers/messages.ts";
import { jsonResponse } from "./json-response.ts";
import { rowsToJson } from "./table-json.ts";

/**
 * An answer that is rows: JSON, or Arrow where it is asked for.
 *
 * @param more fields of the answer in JSON besides the rows; Arrow has the rows alone.
 */
export async function rowsResponse(
  table: Table,
  { answerType }: Pick<WorkerRequest, "answerType">,
  more: object,
): Promise<WorkerResponse> {
  if (answerType === "json") return jsonResponse(table.rows, { rows: rowsToJson(table), ...more });
  const { writeArrow } = await import("@pushforward/files/arrow");
  return { status: 200, contentType: ARROW_TYPES[0], body: writeArrow(table, "stream"), rows: table.rows };
}
