import { stat } from "node:fs/promises";
import { type MemberTask, type MemberTrainer, type TrainedMember, trainMemberEvents } from "@pushforward/auto/extend";
import { type TrainEvent, useBackend } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { FitCommandOptions } from "../fit/fit-command-options.ts";
import type { Voice } from "../fit/tell-of-columns.ts";
import { say } from "../output/terminal.ts";
import { fileHash, type JobKind, type JobPlan } from "./job-folder.ts";
import { type JobResult, JobRun } from "./job-run.ts";
import {
  encodeTask,
  loadTask,
  loadTrained,
  type StoredMember,
  trainedToContents,
  writeWeights,
} from "./member-files.ts";
import { MemberFolder, type MemberProgress, ProgressReporter, readProgress, workerName } from "./member-folder.ts";
import { JobQueue } from "./queue.ts";

/** Milliseconds between two lines on a member. */
const EVERY = 5000;

/**
 * Runs a fit with members that workers train. The folder for the exchange of files is removed after the model is saved,
 * and stays for `--resume` after a failure.
 */
export async function withMemberQueue(
  { out, jobs = `${out}.jobs`, redis = "", backend, resume, force }: FitCommandOptions,
  { showsProgress }: Voice,
  run: (trainer: MemberTrainer) => Promise<void>,
): Promise<void> {
  const queue = await JobQueue.open(redis);
  try {
    const folder = await MemberFolder.make(jobs);
    const plan = await folder.start(jobs, { backend }, { resume, force });
    await queue.forgetFailures(plan.run);
    const coordinator = new MemberCoordinator(folder, plan, queue, showsProgress);
    try {
      await run((task) => coordinator.train(task));
    } finally {
      coordinator.stop();
    }
    await coordinator.remove();
  } finally {
    queue.close();
  }
}

/** A member that is trained by a worker. */
interface Sent extends Pick<MemberTask, "index" | "kind"> {
  /** The SHA-256 of the file with its task. */
  readonly hash: string;
  /** The last report on it, and the time of the last line. */
  last?: { readonly progress: MemberProgress; readonly told: number };
}

/** Coordinates the training of the members of a fit by workers, and reports their places and progress. */
class MemberCoordinator {
  private readonly folder: MemberFolder;
  private readonly plan: JobPlan;
  private readonly queue: JobQueue;
  private readonly showsProgress: boolean;
  private readonly sent: Map<number, Sent> = new Map();
  private readonly run: JobRun<StoredMember>;
  private rows: Promise<string> | undefined;

  constructor(folder: MemberFolder, plan: JobPlan, queue: JobQueue, showsProgress: boolean) {
    this.folder = folder;
    this.plan = plan;
    this.queue = queue;
    this.showsProgress = showsProgress;
    this.run = new JobRun<StoredMember>(queue, {
      ...{ jobs: "members", run: plan.run, nameOf: (index) => `member ${index + 1}` },
      ticket: (member) => ({ folder: folder.path, run: plan.run, member }),
      look: (waiting) => this.look([...waiting.keys()]),
      tell: (results, isOld) => this.tellResults(results, isOld),
      report: (waiting) => this.report([...waiting.keys()]),
    });
  }

  /** Trains a member, for `fitAutoEvents`. */
  async *train(task: MemberTask): AsyncGenerator<TrainEvent, TrainedMember, void> {
    const { index, kind, member } = task;
    let trained: StoredMember;
    try {
      this.rows ??= this.folder.putRows(task);
      const bytes = encodeTask(task, await this.rows);
      const hash = await this.folder.putTask(index, bytes);
      this.sent.set(index, { index, kind, hash });
      const before = await this.trained(index);
      if (before !== undefined && before.task !== hash) throw this.otherFit();
      if (before === undefined) await this.folder.removeProgress(index);
      trained = await this.run.result(index);
      writeWeights(member, trained, this.folder.trainedFile(index));
    } catch (error) {
      this.run.fail(error);
      throw error;
    }
    const { result, diverged } = trained;
    yield { type: "stop", ...result };
    return { result, ...(diverged !== undefined && { diverged }) };
  }

  /** Leaves the folder unchanged for a later coordinator. */
  stop(): void {
    this.run.stop();
  }

  /** Removes the folder of a fit with a saved model. */
  async remove(): Promise<void> {
    await this.queue.withdraw(this.plan.run, [...this.sent.keys()]);
    await this.folder.remove();
  }

  private async look(waiting: readonly number[]): Promise<readonly JobResult<StoredMember>[]> {
    const found: JobResult<StoredMember>[] = [];
    for (const index of waiting) {
      const trained = await this.trained(index);
      // One of another task comes from a worker that began before this fit went on: the ticket is offered again.
      if (trained?.task === this.sent.get(index)?.hash) found.push([index, trained as StoredMember]);
    }
    return found;
  }

  /** Returns a trained member; undefined if it is not yet available. */
  private async trained(index: number): Promise<StoredMember | undefined> {
    const file = this.folder.trainedFile(index);
    if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
    try {
      return await loadTrained(file);
    } catch (error) {
      throw new UserError(`${(error as Error).message} Remove the file and continue with --resume.`, { cause: error });
    }
  }

  private otherFit(): UserError {
    return new UserError(
      `--resume: expected the table and options of the fit in ${this.folder.path}, got different ones. Start again with --force, or use a different folder.`,
    );
  }

  /** Reads the reports of the workers; returns `true` if any report is new. */
  private async report(waiting: readonly number[]): Promise<boolean> {
    let hasNews = false;
    for (const index of waiting) {
      const sent = this.sent.get(index) as Sent;
      const progress = await readProgress(this.folder.progressFile(index));
      const { last } = sent;
      const isNew = last?.progress.worker !== progress?.worker;
      if (progress === undefined || (!isNew && last?.progress.step === progress.step)) continue;
      hasNews = true;
      const now = performance.now();
      const isTold = isNew || last === undefined || now - last.told >= EVERY;
      sent.last = { progress, told: isTold ? now : last.told };
      if (isTold) this.tell(`${nameOf(sent)}: ${stateOf(progress)}${isNew ? `, on ${progress.worker}` : ""}`);
    }
    return hasNews;
  }

  private tellResults(results: readonly JobResult<StoredMember>[], isOld: boolean): void {
    for (const [index, { result, worker }] of results) {
      const { epochs, seconds } = result;
      const name = nameOf(this.sent.get(index) as Sent);
      this.tell(
        isOld
          ? `${name} is trained already`
          : `${name} is trained: ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${seconds.toFixed(1)} s, on ${worker}`,
      );
    }
  }

  private tell(line: string): void {
    if (this.showsProgress) say(line);
  }
}

function nameOf({ index, kind }: Sent): string {
  return `member ${index + 1} (${kind})`;
}

function stateOf({ epoch, epochs, validationLoss }: MemberProgress): string {
  return `epoch ${epoch} of at most ${epochs}${validationLoss === undefined ? "" : `, validation ${validationLoss.toFixed(4)}`}`;
}

/** Worker operations on members. */
export const members: JobKind<MemberFolder, JobPlan> = {
  open: (path) => new MemberFolder(path),

  async run({ folder, plan, index, allowed }) {
    const taskFile = folder.taskFile(index);
    for (const file of [taskFile, folder.rowsFile]) await allowed.check(file);
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
      if ((await folder.plan().catch(() => undefined))?.run !== plan.run) return "its result is no longer needed";
      const contents = trainedToContents(task.member, { ...trained, task: taskHash, worker: workerName() });
      await folder.putTrained(index, contents);
      const { epochs } = trained.result;
      return `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
    } finally {
      task.member.dispose();
    }
  },
};

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
