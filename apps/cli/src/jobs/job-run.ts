import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors/user-error.ts";
import type { FailedTicket, JobQueue, Ticket } from "./queue.ts";

/** Maximum number of queued jobs, which keeps the queue small. */
const WINDOW = 1000;
/** Milliseconds between two looks at the folder, and between two looks at the queue. */
const [LOOK, REFILL] = [200, 1000];
/** Milliseconds without a sign of any worker before their presence is checked. */
const SILENCE = 5000;

/** Operations of a coordinator on one kind of jobs. */
interface JobWatch<Result> {
  readonly jobs: "shards" | "members";
  readonly run: string;
  ticket(index: number): Ticket;
  /** User name of a job. */
  nameOf(index: number): string;
  /**
   * Returns the available results of pending jobs.
   *
   * @throws an unusable result, which stops the run.
   */
  look(waiting: ReadonlyMap<number, unknown>): Promise<readonly JobResult<Result>[]>;
  /** Reports results. `isOld`: available before the wait. */
  tell(results: readonly JobResult<Result>[], isOld: boolean): void;
  /** Reports the progress of the workers, if known. Returns `true` after a change. */
  report?(waiting: ReadonlyMap<number, unknown>): Promise<boolean>;
}

export type JobResult<Result> = readonly [index: number, result: Result];

interface Waiter<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
  /** `true` before the first check. */
  isNew: boolean;
}

/**
 * Runs jobs on workers, and waits for the results. The files in the folder define progress; the queue only lists pending jobs,
 * and lost jobs are queued again.
 */
export class JobRun<Result> {
  private readonly queue: JobQueue;
  private readonly watch: JobWatch<Result>;
  private readonly waiting: Map<number, Waiter<Result>> = new Map();
  private done = 0;
  private isRunning = false;
  private isStopped = false;
  private refilled = Number.NEGATIVE_INFINITY;
  private active: number = performance.now();
  /** An error that fails all jobs, not only its own. */
  private failure: { readonly error: unknown } | undefined;

  constructor(queue: JobQueue, watch: JobWatch<Result>) {
    this.queue = queue;
    this.watch = watch;
  }

  /**
   * The result of a job, if available.
   *
   * @throws {UserError} all attempts of a job failed; completed jobs are kept.
   */
  result(index: number): Promise<Result> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    return new Promise((resolve, reject) => {
      this.waiting.set(index, { resolve, reject, isNew: true });
      this.refilled = Number.NEGATIVE_INFINITY;
      if (!this.isRunning) void this.wait();
    });
  }

  /** Cancels all pending jobs. */
  fail(error: unknown): void {
    this.failure ??= { error };
    for (const { reject } of this.waiting.values()) reject(this.failure.error);
    this.waiting.clear();
  }

  /** Leaves the jobs to the workers. */
  stop(): void {
    this.isStopped = true;
  }

  private async wait(): Promise<void> {
    this.isRunning = true;
    try {
      while (this.waiting.size > 0 && !this.isStopped) {
        await this.turn();
        if (this.waiting.size > 0) await sleep(LOOK);
      }
    } catch (error) {
      this.fail(error);
    }
    this.isRunning = false;
  }

  private async turn(): Promise<void> {
    const { queue, watch, waiting } = this;
    const isDue = performance.now() - this.refilled >= REFILL;
    if (isDue) this.refilled = performance.now();
    // Asked for before the files are: a job that was done meanwhile has not failed.
    const failures = isDue ? await queue.failures(watch.run) : [];
    await this.look();
    const failed = failures.find(({ index }) => waiting.has(index));
    if (failed !== undefined) throw await this.failed(failed);
    // One that is in the queue already is not added again, for it has the same name.
    if (isDue) await queue.offer(this.pending().map((index) => watch.ticket(index)));
    if (await watch.report?.(waiting)) this.active = performance.now();
    if (waiting.size === 0 || performance.now() - this.active < SILENCE) return;
    this.active = performance.now() + 6 * SILENCE;
    await queue.sayIfNobodyWorks();
  }

  private async look(): Promise<void> {
    const looked = [...this.waiting.values()].filter(({ isNew }) => isNew);
    const results = await this.watch.look(this.waiting);
    for (const isOld of [true, false]) {
      const some = results.filter(([index]) => this.waiting.get(index)?.isNew === isOld);
      if (some.length === 0) continue;
      this.active = performance.now();
      this.watch.tell(some, isOld);
    }
    for (const waiter of looked) waiter.isNew = false;
    for (const [index, result] of results) {
      this.waiting.get(index)?.resolve(result);
      if (this.waiting.delete(index)) this.done += 1;
    }
  }

  /** The first jobs that are not done. */
  private pending(): number[] {
    return [...this.waiting.keys()].slice(0, WINDOW);
  }

  /** Completed jobs are kept, and pending jobs are removed from the queue. */
  private async failed({ index, reason }: FailedTicket): Promise<UserError> {
    const { watch, done, waiting } = this;
    await this.queue.withdraw(watch.run, this.pending());
    return new UserError(
      `${watch.nameOf(index)}: ${reason} ${done} of ${done + waiting.size} ${watch.jobs} are done and kept. Repair the problem, then continue with --resume.`,
    );
  }
}
