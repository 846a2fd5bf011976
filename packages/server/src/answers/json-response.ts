import type { WorkerResponse } from "../workers/messages.ts";

/** An answer in JSON; numbers that are not finite are null. */
export function jsonResponse(rows: number, answer: object): WorkerResponse {
  return { status: 200, contentType: "application/json", body: JSON.stringify(answer), rows };
}
