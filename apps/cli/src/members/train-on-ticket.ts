import { isAbsolute } from "node:path";
import { type MemberTask, type TrainedMember, trainMemberEvents } from "@pushforward/auto/extend";
import { useBackend } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { fileHash } from "../shards/planned-file.ts";
import type { MemberTicket } from "../shards/queue-ticket.ts";
import type { WorkerFolder } from "../shards/worker-folder.ts";
import { MemberFolder } from "./member-folder.ts";
import { ProgressReporter, workerName } from "./member-progress.ts";
import { loadTask } from "./member-task-file.ts";
import { loadTrained, trainedToContents } from "./trained-member-file.ts";

/**
 * Trains a member of a fit: the file with its weights appears at once. Done twice, also at the same time, it has the same
 * weights.
 *
 * @returns what was done, in words.
 * @throws {UserError | ModelFileError} there is no such fit or member, or a file of it is outside of the folder or damaged.
 */
export async function trainOnTicket(
  { folder: path, run, member: index }: MemberTicket,
  allowed: WorkerFolder,
): Promise<string> {
  if (!isAbsolute(path)) throw new UserError(`expected the whole path of a folder, got ${path}.`);
  const folder = new MemberFolder(path);
  const taskFile = folder.taskFile(index);
  for (const file of [folder.planFile, taskFile, folder.rowsFile]) await allowed.check(file);
  const plan = await folder.plan();
  if (plan?.run !== run) throw new UserError(`${path}: expected the fit ${run}, got ${plan?.run ?? "none"}.`);
  const taskHash = await fileHash(taskFile);
  const done = await loadTrained(folder.trainedFile(index)).catch(() => undefined);
  if (done?.task === taskHash) return "it is trained already";
  await useBackend(plan.backend);
  const { task, rows } = await loadTask(taskFile);
  try {
    const found = await fileHash(folder.rowsFile);
    if (found !== rows) {
      throw new UserError(`${folder.rowsFile}: expected the rows with the SHA-256 ${rows}, got some with ${found}.`);
    }
    const trained = await train(folder, { ...task, ...(await folder.loadRows()) });
    // Another worker may have been faster, and then nobody waits for this one.
    if ((await folder.plan().catch(() => undefined))?.run !== run) return "nobody waits for it any more";
    await folder.putTrained(
      index,
      trainedToContents(task.member, { ...trained, task: taskHash, worker: workerName() }),
    );
    const { epochs } = trained.result;
    return `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
  } finally {
    task.member.dispose();
  }
}

async function train(folder: MemberFolder, task: MemberTask): Promise<TrainedMember> {
  const reporter = new ProgressReporter();
  const events = trainMemberEvents(task);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    const report = reporter.look(next.value);
    // Reports only inform.
    if (report !== undefined) await folder.putProgress(task.index, JSON.stringify(report)).catch(() => undefined);
  }
}
