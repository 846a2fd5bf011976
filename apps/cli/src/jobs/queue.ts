import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { importOptional } from "pushforward/node";
import { UsageError, UserError } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";

/** The name of the queue in Redis, one for the jobs of all runs. */
export const QUEUE_NAME = "pushforward-shards";

/** The number of a run: random, in hexadecimal digits. */
export const RUN_ID: RegExp = /^[0-9a-f]{16}$/;

/** Milliseconds in which a server must answer at first. Later it may be away for as long as it takes. */
const PATIENCE = 10_000;
/** Milliseconds that Redis has to answer: during an outage, files still record the completed jobs. */
const ANSWER = 3000;
/** Attempts at a ticket, and milliseconds before the second; each further pause is twice as long. */
const [ATTEMPTS, PAUSE] = [3, 1000];
/** Number of failed tickets that Redis keeps without a coordinator, and their age in seconds. */
const KEPT_FAILURES = { count: 1000, age: 7 * 24 * 3600 };

/** Entry in the queue: the job and its run. All other data are in the folder of the run. */
interface TicketOfRun {
  /** Folder of the run, with its whole path. */
  readonly folder: string;
  readonly run: string;
}

/** A shard to score or to draw, or a member to train. */
export type Ticket = TicketOfRun & ({ readonly shard: number } | { readonly member: number });

/** Returns the number of a shard or member within its run. */
export function ticketNumber(ticket: Ticket): number {
  return "shard" in ticket ? ticket.shard : ticket.member;
}

/**
 * Reads a ticket, which anybody who can write to Redis may have written.
 *
 * @throws {UserError} it is none.
 */
export function parseTicket(data: unknown): Ticket {
  const given = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const { folder, run, shard, member } = given;
  const isFolder = typeof folder === "string" && folder.length > 0 && folder.length < 4096 && !folder.includes("\0");
  if (isFolder && typeof run === "string" && RUN_ID.test(run)) {
    if (isNumber(shard) && member === undefined) return { folder, run, shard };
    if (isNumber(member) && shard === undefined) return { folder, run, member };
  }
  throw new UserError(
    "the queue: expected the folder, the run and the number of a shard or member, got an invalid job.",
  );
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A ticket that failed in each of its attempts. */
export interface FailedTicket {
  readonly index: number;
  readonly reason: string;
}

/**
 * Queue of a coordinator. It only lists pending jobs: lost jobs are queued again, and files record completed jobs.
 * While Redis is unavailable, calls return no answer and do not fail.
 */
export class JobQueue {
  private readonly connection: Redis;
  private readonly queue: Queue;

  private constructor(connection: Redis, queue: Queue) {
    this.connection = connection;
    this.queue = queue;
  }

  /** @throws {UsageError | UserError} no Redis server at the address. */
  static async open(redis: string): Promise<JobQueue> {
    const { Queue } = await importOptional("--redis", "bullmq", () => import("bullmq"));
    const connection = await connectRedis(redis);
    const queue = new Queue(QUEUE_NAME, { connection });
    // The connection tells of it.
    queue.on("error", () => undefined);
    return new JobQueue(connection, queue);
  }

  /** Adds tickets. A ticket that is already in the queue is not added again, because it has the same name. */
  async offer(tickets: readonly Ticket[]): Promise<void> {
    const jobs = tickets.map((ticket) => ({
      name: "ticket",
      data: ticket,
      opts: {
        ...{ jobId: nameOf(ticket.run, ticketNumber(ticket)), attempts: ATTEMPTS },
        ...{ backoff: { type: "exponential", delay: PAUSE }, stackTraceLimit: 1 },
        ...{ removeOnComplete: true, removeOnFail: KEPT_FAILURES },
      },
    }));
    await answered(this.queue.addBulk(jobs));
  }

  /** Forgets the failures of an earlier coordinator of the same run: its tickets are tried again. */
  async forgetFailures(run: string): Promise<void> {
    const failures = await this.failures(run);
    await this.withdraw(
      run,
      failures.map(({ index }) => index),
    );
  }

  /** Returns the failed tickets, in order. */
  async failures(run: string): Promise<readonly FailedTicket[]> {
    const jobs = (await answered(this.queue.getFailed(0, KEPT_FAILURES.count))) ?? [];
    const own = jobs.filter((job) => job?.id?.startsWith(`${run}-`));
    return own
      .map(({ id, failedReason }) => ({ index: Number(id?.split("-").at(-1)), reason: failedReason }))
      .sort((a, b) => a.index - b.index);
  }

  /** Takes tickets out that nobody works on. */
  async withdraw(run: string, indices: readonly number[]): Promise<void> {
    await answered(Promise.all(indices.map((index) => this.queue.remove(nameOf(run, index)).catch(() => 0))));
  }

  async sayIfNobodyWorks(): Promise<void> {
    const count = await answered(this.queue.getWorkersCount());
    if (count === 0) say("no worker is running: start workers with pushforward worker --redis …");
  }

  close(): void {
    this.connection.disconnect();
  }
}

function nameOf(run: string, index: number): string {
  return `${run}-${index}`;
}

/** Returns the answer of Redis; undefined after a timeout. Connection errors count as no answer. */
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

/**
 * Connects to Redis, and reconnects automatically after a server outage.
 *
 * @throws {UsageError} the address is not an address of a Redis server.
 * @throws {UserError} no server answers.
 */
export async function connectRedis(address: string): Promise<Redis> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol)) {
    throw new UsageError(`--redis: expected an address like redis://localhost:6379, got ${address}.`);
  }
  const { Redis } = await importOptional("--redis", "ioredis", () => import("ioredis"));
  const client = new Redis(address, {
    // The queue asks for it: commands wait for the server.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1000),
  });
  const notices = new ConnectionNotices(url.host);
  client.on("error", (error: Error) => notices.fail(error)).on("ready", () => notices.succeed());
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE);
    client.once("ready", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  if (isReady) return client;
  client.disconnect();
  // The address may hold a password.
  throw new UserError(`--redis ${url.host}: expected a Redis server, got ${notices.last || "no answer"}.`);
}

/** Prints a single notice when the server is unavailable, and a single notice when it is back. */
class ConnectionNotices {
  last = "";
  private readonly host: string;
  private state: "new" | "ready" | "away" = "new";

  constructor(host: string) {
    this.host = host;
  }

  fail(error: Error): void {
    this.last = error.message || ((error as NodeJS.ErrnoException).code ?? "");
    if (this.state !== "ready") return;
    this.state = "away";
    say(`Redis at ${this.host} is not reachable (${this.last}): waiting for it`);
  }

  succeed(): void {
    if (this.state === "away") say(`Redis at ${this.host} is back`);
    this.state = "ready";
  }
}
