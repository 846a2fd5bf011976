import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { MemberTask, MemberTrainer, TrainedMember } from "@pushforward/auto/extend";
import type { BackendName, TrainEvent } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";
import { RunQueue } from "../shards/run-queue.ts";
import { MemberFolder } from "./member-folder.ts";
import type { MemberPlan } from "./member-plan.ts";
import { encodeTask } from "./member-task-file.ts";
import { MemberTeller } from "./member-teller.ts";
import { loadTrained, type StoredMember, writeWeights } from "./trained-member-file.ts";

/** Milliseconds between two looks at the folder, and between two looks at the queue. */
const [LOOK, REFILL] = [200, 1000];

/** Where and how the members of a fit are trained. */
export interface MemberQueueOptions {
  /** Folder of the tasks, which the workers reach under the same path. */
  readonly jobs: string;
  readonly redis: string;
  readonly backend: BackendName;
  readonly resume?: boolean | undefined;
  readonly force?: boolean | undefined;
  /** Whether progress is told. */
  readonly showsProgress: boolean;
}

/**
 * Has the members of a fit trained by workers. What is trained is known by the files in the folder; the queue only says what
 * is to do, and whatever it lost is put in again.
 */
export class MemberQueue {
  private readonly folder: MemberFolder;
  private readonly plan: MemberPlan;
  private readonly queue: RunQueue;
  private readonly teller: MemberTeller;
  private readonly known: Set<number> = new Set();
  private readonly done: Set<number> = new Set();
  private rows: Promise<string> | undefined;
  /** What ends all members, not only the one that it comes from. */
  private failure: unknown;

  private constructor(folder: MemberFolder, plan: MemberPlan, queue: RunQueue, teller: MemberTeller) {
    this.folder = folder;
    this.plan = plan;
    this.queue = queue;
    this.teller = teller;
  }

  /**
   * Begins a fit in a folder, or goes on with the one that is there.
   *
   * @throws {UserError} the folder holds something else, or there is no Redis server.
   */
  static async open(options: MemberQueueOptions): Promise<MemberQueue> {
    const { jobs, redis, backend, showsProgress } = options;
    const isNew = (await stat(located(jobs)).catch(() => undefined)) === undefined;
    const folder = await MemberFolder.make(jobs);
    let queue: RunQueue | undefined;
    try {
      const old = await planToResume(folder, options);
      const run = old?.run ?? randomBytes(8).toString("hex");
      queue = await RunQueue.open(redis, run);
      const plan: MemberPlan = old ?? { format: "pushforward members", version: 1, run, backend };
      if (old === undefined) await folder.begin(plan);
      else await queue.forgetFailures();
      return new MemberQueue(folder, plan, queue, new MemberTeller(showsProgress));
    } catch (error) {
      queue?.close();
      if (isNew) await folder.remove();
      throw error;
    }
  }

  /** For `fitAutoEvents`. */
  readonly trainer: MemberTrainer = (task) => this.train(task);

  /** Removes the folder of a fit whose model is saved. */
  async remove(): Promise<void> {
    await this.queue.withdraw([...this.known]);
    await this.folder.remove();
  }

  /** Leaves the folder as it is, for another coordinator. */
  close(): void {
    this.queue.close();
  }

  private async *train(task: MemberTask): AsyncGenerator<TrainEvent, TrainedMember, void> {
    const { index, member } = task;
    let trained: StoredMember;
    try {
      trained = await this.wait(task);
      writeWeights(member, trained, this.folder.trainedFile(index));
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
    const { result, diverged } = trained;
    yield { type: "stop", ...result };
    return { result, ...(diverged !== undefined && { diverged }) };
  }

  private async wait(task: MemberTask): Promise<StoredMember> {
    const { index } = task;
    this.rows ??= this.folder.putRows(task);
    const bytes = encodeTask(task, await this.rows);
    this.known.add(index);
    const hash = await this.folder.putTask(index, bytes);
    const before = await this.trained(index);
    if (before !== undefined && before.task !== hash) throw this.otherFit();
    if (before !== undefined) return this.end(task, before, true);
    await this.folder.removeProgress(index);
    const ticket = { folder: this.folder.path, run: this.plan.run, member: index };
    for (let refilled = Number.NEGATIVE_INFINITY; ; await sleep(LOOK)) {
      if (this.failure !== undefined) throw this.failure;
      const isDue = performance.now() - refilled >= REFILL;
      // Asked for before the file is: one that was trained meanwhile has not failed.
      const failed = isDue ? (await this.queue.failures()).find((one) => one.index === index) : undefined;
      const trained = await this.trained(index);
      if (trained?.task === hash) return this.end(task, trained, false);
      if (failed !== undefined) throw await this.failed(index, failed.reason);
      if (isDue) {
        await this.queue.offer([ticket]);
        refilled = performance.now();
      }
      await this.teller.look(task, this.folder.progressFile(index));
      if (this.teller.isWaiting()) await this.queue.sayIfNobodyWorks();
    }
  }

  private end({ index, kind }: MemberTask, trained: StoredMember, isOld: boolean): StoredMember {
    this.done.add(index);
    this.teller.end({ index, kind }, trained, isOld);
    return trained;
  }

  /** A trained member; undefined where there is none yet. */
  private async trained(index: number): Promise<StoredMember | undefined> {
    const file = this.folder.trainedFile(index);
    if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
    try {
      return await loadTrained(file);
    } catch (error) {
      throw new UserError(`${(error as Error).message} Remove the file and go on with --resume.`, { cause: error });
    }
  }

  private otherFit(): UserError {
    return new UserError(
      `--resume: expected the table and options of the fit in ${this.folder.path}, got others. Begin again with --force, or in another folder.`,
    );
  }

  private async failed(index: number, reason: string): Promise<UserError> {
    await this.queue.withdraw([...this.known].filter((other) => !this.done.has(other)));
    const { size } = this.done;
    return new UserError(
      `member ${index + 1}: ${reason} ${size} of ${this.known.size} members are done and stay: when it is mended, go on with --resume.`,
    );
  }
}

/** The plan of the fit that goes on; undefined where a new one begins. */
async function planToResume(
  folder: MemberFolder,
  { jobs, backend, resume = false, force = false }: MemberQueueOptions,
): Promise<MemberPlan | undefined> {
  if (force || (await folder.isEmpty())) return undefined;
  const old = await folder.plan();
  if (old === undefined) throw new UserError(`--jobs ${jobs}: expected an empty folder, got one with other files.`);
  if (!resume) {
    throw new UserError(
      `--jobs ${jobs}: expected an empty folder, got one with a fit. Go on with it by --resume, or begin again with --force.`,
    );
  }
  if (old.backend === backend) return old;
  throw new UserError(`--resume: expected --backend ${old.backend}, that of the fit in ${jobs}, got ${backend}.`);
}
