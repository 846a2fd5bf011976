import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors/user-error.ts";
import type { FailedTicket, JobQueue, Ticket } from "./queue.ts";

/** Jobs that are in the queue at once, at most: it stays small, however many there are. */
const WINDOW = 1000;
/** Milliseconds between two looks at the folder, and between two looks at the queue. */
const [LOOK, REFILL] = [200, 1000];
/** Milliseconds without a sign of any worker, after which it is asked whether there are some. */
const SILENCE = 5000;

/** What a coordinator does with the jobs of one kind. */
interface JobWatch<Result> {
  readonly jobs: "shards" | "members";
  readonly run: string;
  ticket(index: number): Ticket;
  /** What users call a job. */
  nameOf(index: number): string;
  /**
   * The results that are there of the jobs that are waited for.
   *
   * @throws a result that is of no use, which ends the run.
   */
  look(waiting: ReadonlyMap<number, unknown>): Promise<readonly JobResult<Result>[]>;
  /** Tells of results. `isOld`: they were there before they were waited for. */
  tell(results: readonly JobResult<Result>[], isOld: boolean): void;
  /** Tells how far the workers are, where they report it, and whether there was any news. */
  report?(waiting: ReadonlyMap<number, unknown>): Promise<boolean>;
}

export type JobResult<Result> = readonly [index: number, result: Result];

interface Waiter<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
  /** Whether no look was taken for it yet. */
  isNew: boolean;
}

/**
 * Has jobs done by workers, and waits for them. What is done is known by the files in the folder; the queue only says what is to
 * do, and whatever it lost is put in again.
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
  /** What ends all jobs, not only the one that it comes from. */
  private failure: { readonly error: unknown } | undefined;

  constructor(queue: JobQueue, watch: JobWatch<Result>) {
    this.queue = queue;
    this.watch = watch;
  }

  /**
   * The result of a job, when it is there.
   *
   * @throws {UserError} a job failed in each of its attempts; what is done stays.
   */
  result(index: number): Promise<Result> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    return new Promise((resolve, reject) => {
      this.waiting.set(index, { resolve, reject, isNew: true });
      this.refilled = Number.NEGATIVE_INFINITY;
      if (!this.isRunning) void this.wait();
    });
  }

  /** Ends all that is waited for. */
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

  /** What is done stays, and what waits is taken out of the queue. */
  private async failed({ index, reason }: FailedTicket): Promise<UserError> {
    const { watch, done, waiting } = this;
    await this.queue.withdraw(watch.run, this.pending());
    return new UserError(
      `${watch.nameOf(index)}: ${reason} ${done} of ${done + waiting.size} ${watch.jobs} are done and stay: when it is mended, go on with --resume.`,
    );
  }
}
