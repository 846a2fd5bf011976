import { trainOnTicket } from "../members/train-on-ticket.ts";
import type { QueueTicket } from "./queue-ticket.ts";
import { runShard } from "./run-shard.ts";
import type { WorkerFolder } from "./worker-folder.ts";

/**
 * Does what a ticket says.
 *
 * @returns what was done, in words.
 * @throws what went wrong.
 */
export async function runTicket(ticket: QueueTicket, allowed: WorkerFolder): Promise<string> {
  if ("member" in ticket)
    return `member ${ticket.member + 1} of ${ticket.folder}: ${await trainOnTicket(ticket, allowed)}`;
  return `shard ${ticket.shard} of ${ticket.folder}: ${await runShard(ticket, allowed)} rows`;
}
