import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { importOptional } from "pushforward/node";
import { say } from "../output/terminal.ts";
import { connectRedis } from "./connect-redis.ts";
import { QUEUE_NAME } from "./queue-name.ts";
import { type QueueTicket, ticketNumber } from "./queue-ticket.ts";

/** Milliseconds that Redis has to answer: while it is away, files still say what is done. */
const ANSWER = 3000;
/** Attempts at a ticket, and milliseconds before the second; each further pause is twice as long. */
const [ATTEMPTS, PAUSE] = [3, 1000];
/** Failed tickets that Redis keeps, and for how many seconds, where no coordinator comes for them. */
const KEPT_FAILURES = { count: 1000, age: 7 * 24 * 3600 };

/** A ticket that failed in each of its attempts. */
export interface FailedTicket {
  readonly index: number;
  readonly reason: string;
}

/**
 * The tickets of a run in the queue. It only says what is to do: whatever it lost is put in again, and what is done is known by
 * files. While Redis is away, nothing is answered and nothing fails.
 */
export class RunQueue {
  private readonly connection: Redis;
  private readonly queue: Queue;
  private readonly run: string;

  private constructor(connection: Redis, queue: Queue, run: string) {
    this.connection = connection;
    this.queue = queue;
    this.run = run;
  }

  /** @throws {UsageError | UserError} there is no Redis server at the address. */
  static async open(redis: string, run: string): Promise<RunQueue> {
    const { Queue } = await importOptional("--redis", "bullmq", () => import("bullmq"));
    const connection = await connectRedis(redis);
    const queue = new Queue(QUEUE_NAME, { connection });
    // The connection tells of it.
    queue.on("error", () => undefined);
    return new RunQueue(connection, queue, run);
  }

  /**
   * Checks that there is a server, before anything is written for it.
   *
   * @throws {UsageError | UserError} there is no Redis server at the address.
   */
  static async check(redis: string): Promise<void> {
    (await RunQueue.open(redis, "check")).close();
  }

  /** Puts tickets in. One that is there already is not added again, for it has the same name. */
  async offer(tickets: readonly QueueTicket[]): Promise<void> {
    const jobs = tickets.map((ticket) => ({
      name: "ticket",
      data: ticket,
      opts: {
        ...{ jobId: this.nameOf(ticketNumber(ticket)), attempts: ATTEMPTS },
        ...{ backoff: { type: "exponential", delay: PAUSE }, stackTraceLimit: 1 },
        ...{ removeOnComplete: true, removeOnFail: KEPT_FAILURES },
      },
    }));
    await answered(this.queue.addBulk(jobs));
  }

  /** Forgets the failures of an earlier coordinator of the same run: its tickets are tried again. */
  async forgetFailures(): Promise<void> {
    const failures = await this.failures();
    await this.withdraw(failures.map(({ index }) => index));
  }

  /** What has failed, in order. */
  async failures(): Promise<readonly FailedTicket[]> {
    const jobs = (await answered(this.queue.getFailed(0, KEPT_FAILURES.count))) ?? [];
    const own = jobs.filter((job) => job?.id?.startsWith(`${this.run}-`));
    return own
      .map(({ id, failedReason }) => ({ index: Number(id?.split("-").at(-1)), reason: failedReason }))
      .sort((a, b) => a.index - b.index);
  }

  /** Takes tickets out that nobody works on. */
  async withdraw(indices: readonly number[]): Promise<void> {
    await answered(Promise.all(indices.map((index) => this.queue.remove(this.nameOf(index)).catch(() => 0))));
  }

  async sayIfNobodyWorks(): Promise<void> {
    const count = await answered(this.queue.getWorkersCount());
    if (count === 0) say("no worker is there: start some with pushforward worker --redis …");
  }

  close(): void {
    this.connection.disconnect();
  }

  private nameOf(index: number): string {
    return `${this.run}-${index}`;
  }
}

/** What Redis answers; undefined where it takes too long. Errors of the connection count as no answer. */
async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([asked, sleep(ANSWER, undefined, { signal: timer.signal })]);
  } catch {
    return undefined;
  } finally {
    timer.abort();
    asked.catch(() => undefined);
  }
}
