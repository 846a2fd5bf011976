import { DataError, PushforwardError } from "pushforward";
import { INTERNAL_ERROR, PROBLEM_TYPE, type Problem, problem } from "../http/problem.ts";
import type { WorkerResponse } from "../workers/messages.ts";
import { RequestError } from "./request-error.ts";

/** The answer to a request that failed: 400 with a sentence where its sender can mend it, 500 otherwise. */
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
