import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Job, Queue } from "bullmq";
import { listNames } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";
import { connectRedis } from "./connect-redis.ts";
import { QUEUE_NAME } from "./queue-name.ts";
import { type RunPlan, sourceOf } from "./run-plan.ts";
import type { ShardFolder } from "./shard-folder.ts";
import { ShardProgress } from "./shard-progress.ts";
import type { ShardRecord } from "./shard-record.ts";

/** Shards of a run that are in the queue at once, at most: it stays small, however many there are. */
const WINDOW = 1000;
/** Milliseconds between two looks at the folder, and between two looks at the queue. */
const [LOOK, REFILL] = [200, 1000];
/** Milliseconds that Redis has to answer: while it is away, records still count. */
const ANSWER = 3000;
/** Attempts at a shard, and milliseconds before the second; each further pause is twice as long. */
const [ATTEMPTS, PAUSE] = [3, 1000];
/** Failed shards that Redis keeps, and for how many seconds, where no coordinator comes for them. */
const KEPT_FAILURES = { count: 1000, age: 7 * 24 * 3600 };

/**
 * Has the shards of a run done by workers, and waits for them. What is done is known by the records in the folder; the queue
 * only says what is to do, and whatever it lost is put in again.
 *
 * @returns the records of all shards, in order.
 * @throws {UserError} a shard failed in each of its attempts; the others stay.
 */
export async function runOnQueue(folder: ShardFolder, plan: RunPlan, redis: string): Promise<readonly ShardRecord[]> {
  const [{ Queue }, connection] = await Promise.all([import("bullmq"), connectRedis(redis)]);
  const queue = new Queue(QUEUE_NAME, { connection });
  // The connection tells of it.
  queue.on("error", () => undefined);
  try {
    const run = new QueuedRun(folder, plan, queue);
    await run.forgetFailures();
    return await run.wait();
  } finally {
    connection.disconnect();
  }
}

class QueuedRun {
  private readonly folder: ShardFolder;
  private readonly plan: RunPlan;
  private readonly queue: Queue;
  private readonly done: Map<number, ShardRecord> = new Map();

  constructor(folder: ShardFolder, plan: RunPlan, queue: Queue) {
    this.folder = folder;
    this.plan = plan;
    this.queue = queue;
  }

  /** Those of an earlier coordinator of the same run: its shards are tried again. */
  async forgetFailures(): Promise<void> {
    await answered(this.failures().then((jobs) => Promise.all(jobs.map(({ id }) => this.queue.remove(id as string)))));
  }

  async wait(): Promise<readonly ShardRecord[]> {
    const { shards } = this.plan;
    await this.look();
    const progress = new ShardProgress(this.plan, this.done.values());
    for (let refilled = Number.NEGATIVE_INFINITY; this.done.size < shards.length; await sleep(LOOK)) {
      if (performance.now() - refilled >= REFILL) {
        await answered(this.fail());
        for (const record of await this.look()) progress.add(record);
        await answered(this.queue.addBulk(this.pending().map((index) => this.job(index))));
        refilled = performance.now();
      }
      for (const record of await this.look()) progress.add(record);
      if (progress.isWaiting()) await this.sayIfNobodyWorks();
    }
    await this.folder.clean();
    return shards.map((_, index) => this.done.get(index) as ShardRecord);
  }

  /** The shards that were done since the last look. */
  private async look(): Promise<readonly ShardRecord[]> {
    const found: ShardRecord[] = [];
    for (const index of await this.folder.recorded()) {
      if (this.done.has(index)) continue;
      const record = await this.folder.record(index, this.plan);
      if (record === undefined) continue;
      this.checkColumns(index, record);
      this.done.set(index, record);
      found.push(record);
    }
    return found;
  }

  private checkColumns(index: number, { columns }: ShardRecord): void {
    const [[other, first] = []] = this.done;
    if (first === undefined || isDeepStrictEqual(columns, first.columns)) return;
    const nameOf = (shard: number): string => sourceOf(this.plan, shard)?.path ?? `shard ${shard}`;
    throw new UserError(
      `${nameOf(index)}: expected the columns of ${nameOf(other as number)}, ${listNames(first.columns)}, got ${listNames(columns)}.`,
    );
  }

  /** The first shards that are not done. One that is in the queue already is not added again, for it has the same name. */
  private pending(): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.plan.shards.length && found.length < WINDOW; index++) {
      if (!this.done.has(index)) found.push(index);
    }
    return found;
  }

  private job(shard: number): Parameters<Queue["addBulk"]>[0][number] {
    const { run } = this.plan;
    return {
      name: "shard",
      data: { folder: this.folder.path, run, shard },
      opts: {
        ...{ jobId: this.jobId(shard), attempts: ATTEMPTS, backoff: { type: "exponential", delay: PAUSE } },
        ...{ removeOnComplete: true, removeOnFail: KEPT_FAILURES, stackTraceLimit: 1 },
      },
    };
  }

  private jobId(shard: number): string {
    return `${this.plan.run}-${shard}`;
  }

  private async failures(): Promise<readonly Job[]> {
    const jobs = await this.queue.getFailed(0, KEPT_FAILURES.count);
    return jobs.filter((job) => job?.id?.startsWith(`${this.plan.run}-`));
  }

  /** Ends the run when a shard has failed; what is done stays, and what waits is taken out of the queue. */
  private async fail(): Promise<void> {
    const failed = (await this.failures()).filter(({ id }) => !this.done.has(shardOf(id)));
    const [first] = failed.sort((a, b) => shardOf(a.id) - shardOf(b.id));
    if (first === undefined) return;
    await Promise.all(this.pending().map((index) => this.queue.remove(this.jobId(index)).catch(() => 0)));
    const { size } = this.done;
    throw new UserError(
      `shard ${shardOf(first.id)}: ${first.failedReason} ${size} of ${this.plan.shards.length} shards are done and stay: when it is mended, go on with --resume.`,
    );
  }

  private async sayIfNobodyWorks(): Promise<void> {
    const count = await answered(this.queue.getWorkersCount());
    if (count === 0) say("no worker is there: start some with pushforward worker --redis …");
  }
}

function shardOf(jobId: string | undefined): number {
  return Number(jobId?.split("-").at(-1));
}

/** What Redis answers; undefined where it takes too long. Errors of the connection count as no answer. */
async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([asked, sleep(ANSWER, undefined, { signal: timer.signal })]);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return undefined;
  } finally {
    timer.abort();
    asked.catch(() => undefined);
  }
}
