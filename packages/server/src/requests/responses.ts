import { DataError, PushforwardError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { INTERNAL_ERROR, PROBLEM_TYPE, type Problem, problem } from "../http/problem.ts";
import { ARROW_TYPES, type WorkerRequest, type WorkerResponse } from "../workers/messages.ts";
import { RequestError } from "./read-json.ts";
import { rowsToJson } from "./table-json.ts";

/**
 * Answers with rows: as JSON, or as Arrow if requested.
 *
 * @param more additional fields of the JSON answer; an Arrow answer contains only the rows.
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

/** An answer in JSON; numbers that are not finite are null. */
export function jsonResponse(rows: number, answer: object): WorkerResponse {
  return { status: 200, contentType: "application/json", body: JSON.stringify(answer), rows };
}

/** Answers a failed request: 400 with an explanation if the client can fix the request, 500 otherwise. */
export function problemResponse(error: unknown): WorkerResponse {
  const found = problemOf(error);
  return { status: found.status, contentType: PROBLEM_TYPE, body: JSON.stringify(found), rows: 0 };
}

function problemOf(error: unknown): Problem {
  if (error instanceof RequestError) return problem(error.status, error.message);
  if (!(error instanceof PushforwardError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return problem(500, INTERNAL_ERROR);
  }
  const { row, column } = error instanceof DataError ? error.location : {};
  return problem(400, error.message, {
    code: error.code,
    ...(row !== undefined && { row }),
    ...(column !== undefined && { column }),
  });
}
