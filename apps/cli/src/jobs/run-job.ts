import { isAbsolute } from "node:path";
import { UserError } from "../errors/user-error.ts";
import type { JobFolder, JobKind, JobPlan, WorkerFolder } from "./job-folder.ts";
import { members } from "./members.ts";
import { type Ticket, ticketNumber } from "./queue.ts";
import { shards } from "./shards.ts";

/**
 * Runs the job of a ticket: its files appear, each at once.
 *
 * @returns a description of the work.
 * @throws {UserError} the run or job does not exist, or a file of the job is outside of the folder, damaged, or
 * changed.
 */
export function runJob(ticket: Ticket, allowed: WorkerFolder): Promise<string> {
  return "shard" in ticket ? runOf(shards, ticket, allowed) : runOf(members, ticket, allowed);
}

async function runOf<Folder extends JobFolder<Plan>, Plan extends JobPlan>(
  { open, run }: JobKind<Folder, Plan>,
  ticket: Ticket,
  allowed: WorkerFolder,
): Promise<string> {
  const { folder: path } = ticket;
  if (!isAbsolute(path)) throw new UserError(`expected the whole path of a folder, got ${path}.`);
  const folder = open(path);
  await allowed.check(folder.planFile);
  const plan = await folder.plan();
  if (plan?.run !== ticket.run) {
    throw new UserError(`${path}: expected the ${folder.rules.run} ${ticket.run}, got ${plan?.run ?? "none"}.`);
  }
  return await run({ folder, plan, index: ticketNumber(ticket), allowed });
}
