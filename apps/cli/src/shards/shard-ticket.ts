import { UserError } from "../errors/user-error.ts";
import { RUN_ID } from "./run-plan.ts";

/** What stands in the queue: which shard of which run. All else is in the plan, in the folder of the run. */
export interface ShardTicket {
  /** Folder of the run, with its whole path. */
  readonly folder: string;
  readonly run: string;
  readonly shard: number;
}

/**
 * Reads a ticket, which anybody who can write to Redis may have written.
 *
 * @throws {UserError} it is none.
 */
export function parseTicket(data: unknown): ShardTicket {
  const { folder, run, shard } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const isFolder = typeof folder === "string" && folder.length > 0 && folder.length < 4096 && !folder.includes("\0");
  const isRun = typeof run === "string" && RUN_ID.test(run);
  if (isFolder && isRun && Number.isSafeInteger(shard) && (shard as number) >= 0) {
    return { folder, run, shard: shard as number };
  }
  throw new UserError("the queue: expected the folder, the run and the number of a shard, got something else.");
}
