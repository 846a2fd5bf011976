import { UserError } from "../errors/user-error.ts";
import { RUN_ID } from "./run-plan.ts";

/** What stands in the queue: which part of which run. All else is in the folder of the run. */
interface Ticket {
  /** Folder of the run, with its whole path. */
  readonly folder: string;
  readonly run: string;
}

/** A shard to score or to draw. */
export interface ShardTicket extends Ticket {
  readonly shard: number;
}

/** A member to train. */
export interface MemberTicket extends Ticket {
  readonly member: number;
}

export type QueueTicket = ShardTicket | MemberTicket;

/** The number of a shard or member among those of its run. */
export function ticketNumber(ticket: QueueTicket): number {
  return "shard" in ticket ? ticket.shard : ticket.member;
}

/**
 * Reads a ticket, which anybody who can write to Redis may have written.
 *
 * @throws {UserError} it is none.
 */
export function parseTicket(data: unknown): QueueTicket {
  const given = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const { folder, run, shard, member } = given;
  const isFolder = typeof folder === "string" && folder.length > 0 && folder.length < 4096 && !folder.includes("\0");
  if (isFolder && typeof run === "string" && RUN_ID.test(run)) {
    if (isNumber(shard) && member === undefined) return { folder, run, shard };
    if (isNumber(member) && shard === undefined) return { folder, run, member };
  }
  throw new UserError(
    "the queue: expected the folder, the run and the number of a shard or member, got something else.",
  );
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
