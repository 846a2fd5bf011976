import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { listNames } from "@pushforward/datasets/extend";
import { UserError } from "../errors/user-error.ts";
import type { ShardTicket } from "./queue-ticket.ts";
import { type RunPlan, sourceOf } from "./run-plan.ts";
import { RunQueue } from "./run-queue.ts";
import type { ShardFolder } from "./shard-folder.ts";
import { ShardProgress } from "./shard-progress.ts";
import type { ShardRecord } from "./shard-record.ts";

/** Shards of a run that are in the queue at once, at most: it stays small, however many there are. */
const WINDOW = 1000;
/** Milliseconds between two looks at the folder, and between two looks at the queue. */
const [LOOK, REFILL] = [200, 1000];

/**
 * Has the shards of a run done by workers, and waits for them. What is done is known by the records in the folder; the queue
 * only says what is to do, and whatever it lost is put in again.
 *
 * @returns the records of all shards, in order.
 * @throws {UserError} a shard failed in each of its attempts; the others stay.
 */
export async function runOnQueue(folder: ShardFolder, plan: RunPlan, redis: string): Promise<readonly ShardRecord[]> {
  const queue = await RunQueue.open(redis, plan.run);
  try {
    await queue.forgetFailures();
    return await new QueuedRun(folder, plan, queue).wait();
  } finally {
    queue.close();
  }
}

class QueuedRun {
  private readonly folder: ShardFolder;
  private readonly plan: RunPlan;
  private readonly queue: RunQueue;
  private readonly done: Map<number, ShardRecord> = new Map();

  constructor(folder: ShardFolder, plan: RunPlan, queue: RunQueue) {
    this.folder = folder;
    this.plan = plan;
    this.queue = queue;
  }

  async wait(): Promise<readonly ShardRecord[]> {
    const { shards } = this.plan;
    await this.look();
    const progress = new ShardProgress(this.plan, this.done.values());
    for (let refilled = Number.NEGATIVE_INFINITY; this.done.size < shards.length; await sleep(LOOK)) {
      if (performance.now() - refilled >= REFILL) {
        await this.fail();
        for (const record of await this.look()) progress.add(record);
        await this.queue.offer(this.pending().map((shard) => this.ticket(shard)));
        refilled = performance.now();
      }
      for (const record of await this.look()) progress.add(record);
      if (progress.isWaiting()) await this.queue.sayIfNobodyWorks();
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

  private ticket(shard: number): ShardTicket {
    return { folder: this.folder.path, run: this.plan.run, shard };
  }

  /** Ends the run when a shard has failed; what is done stays, and what waits is taken out of the queue. */
  private async fail(): Promise<void> {
    const [first] = (await this.queue.failures()).filter(({ index }) => !this.done.has(index));
    if (first === undefined) return;
    await this.queue.withdraw(this.pending());
    const { size } = this.done;
    throw new UserError(
      `shard ${first.index}: ${first.reason} ${size} of ${this.plan.shards.length} shards are done and stay: when it is mended, go on with --resume.`,
    );
  }
}
