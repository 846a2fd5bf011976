import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { UserError } from "../errors/user-error.ts";
import { checkUnchanged } from "./planned-file.ts";
import type { ShardTicket } from "./queue-ticket.ts";
import { sourceOf } from "./run-plan.ts";
import { sampleShard } from "./sample-shard.ts";
import { scoreShard } from "./score-shard.ts";
import { ShardFolder } from "./shard-folder.ts";
import type { WorkerFolder } from "./worker-folder.ts";

/**
 * Does a shard of a run: its file and its record appear, each at once. Done twice, also at the same time, it is the same file.
 *
 * @returns the number of its rows.
 * @throws {UserError} there is no such run or shard, or a file of it is outside of the folder or has changed.
 */
export async function runShard(
  { folder: path, run, shard: index }: ShardTicket,
  allowed: WorkerFolder,
): Promise<number> {
  if (!isAbsolute(path)) throw new UserError(`expected the whole path of a folder, got ${path}.`);
  const folder = new ShardFolder(path);
  await allowed.check(folder.notes);
  const plan = await folder.plan();
  if (plan?.run !== run) throw new UserError(`${path}: expected the run ${run}, got ${plan?.run ?? "none"}.`);
  const shard = plan.shards[index];
  if (shard === undefined) throw new UserError(`${path}: expected a shard below ${plan.shards.length}, got ${index}.`);
  const done = await folder.record(index, plan);
  if (done !== undefined) return done.rows;
  const { model, task, output } = plan;
  const source = sourceOf(plan, index);
  for (const file of source === undefined ? [model] : [model, source]) {
    await allowed.check(file.path);
    await checkUnchanged(file);
  }
  const temporary = folder.temporary(output);
  const outcome =
    task.type === "score"
      ? await scoreShard(plan, task, shard, temporary)
      : await sampleShard(plan, task, shard, temporary);
  const { size } = await stat(temporary);
  await folder.finish(index, output, temporary, { run, bytes: size, source, ...outcome });
  return outcome.rows;
}
