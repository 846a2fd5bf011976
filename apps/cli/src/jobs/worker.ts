import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { importOptional } from "pushforward/node";
import { UserError } from "../errors/user-error.ts";
import { realFolder } from "../folders/folders.ts";
import { say } from "../output/terminal.ts";
import { afterStop, located } from "../run/program-io.ts";
import { openThreads } from "../run/threads.ts";
import { connectRedis, parseTicket, QUEUE_NAME, type Ticket } from "./queue.ts";

/**
 * Milliseconds of silence after which a worker loses its ticket to a different worker, and between two checks for such
 * tickets. Threads do the work, so that a worker is never too busy to respond.
 */
const [LOCK, STALLED] = [6000, 2000];
/** Maximum number of workers that may die on a ticket before it counts as failed: the ticket may be the cause. */
const MOST_STALLED = 20;

/** Milliseconds that Redis has to take the last messages. */
const GOODBYE = 3000;

interface WorkerOptions {
  readonly redis: string;
  readonly folder: string;
  readonly concurrency: number;
}

/** Runs `pushforward worker`: it takes shards and members from the queue until it is stopped. */
export async function runWorker({ redis, folder, concurrency }: WorkerOptions): Promise<void> {
  // The folder is checked before anything connects.
  await realFolder(folder);
  const { Worker } = await importOptional("--redis", "bullmq", () => import("bullmq"));
  const connection = await connectRedis(redis);
  const team = openThreads<Ticket, string>({
    program: new URL("./job-thread.js", import.meta.url),
    told: resolve(located(folder)),
    threads: concurrency,
    // A job may end its thread.
    renews: true,
    endError: ({ words }) => new UserError(`expected a running thread, got ${words}.`),
  });
  const running = new Set<Promise<unknown>>();
  const worker = new Worker(
    QUEUE_NAME,
    async ({ data }) => {
      const ticket = parseTicket(data);
      const start = performance.now();
      const job = team.run(ticket);
      running.add(job);
      const done = await job.finally(() => running.delete(job));
      const seconds = (performance.now() - start) / 1000;
      say(`${nameOf(ticket)} of ${ticket.folder}: ${done}, ${seconds.toFixed(1)} s`);
    },
    {
      ...{ connection, concurrency, lockDuration: LOCK, stalledInterval: STALLED, maxStalledCount: MOST_STALLED },
      // Silence is noticed by how long it takes, also where Redis has lost all it knew.
      drainDelay: 2,
    },
  );
  // The connection tells when the server is away; a ticket that was lost there is done again, or found done.
  worker.on("error", () => undefined).on("failed", (_, { message }) => say(message));
  say(`waiting for shards and members; files in ${resolve(located(folder))}, ${concurrency} at once`);
  await afterStop(async () => {
    say("stopping: started shards and members are completed first; press Ctrl-C again to stop at once");
    const closing = worker.close();
    await Promise.allSettled(running);
    // Redis may be away for good, and then nothing is left to tell it.
    const answered = new AbortController();
    const patience = sleep(GOODBYE, undefined, { signal: answered.signal }).catch(() => undefined);
    await Promise.race([closing, patience]);
    answered.abort();
    await team.close();
    await worker.disconnect().catch(() => undefined);
    connection.disconnect();
  });
}

function nameOf(ticket: Ticket): string {
  return "shard" in ticket ? `shard ${ticket.shard}` : `member ${ticket.member + 1}`;
}
