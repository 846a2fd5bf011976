import type { Redis } from "ioredis";
import { importOptional } from "pushforward/node";
import { UsageError, UserError } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";

/** Milliseconds in which a server must answer at first. Later it may be away for as long as it takes. */
const PATIENCE = 10_000;

/**
 * A connection to Redis, which comes back by itself when the server was away.
 *
 * @throws {UsageError} the address is none of a Redis server.
 * @throws {UserError} there is no server that answers.
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

/** Tells once when the server is away, and once when it is back. */
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
    say(`Redis at ${this.host} is away (${this.last}): waiting until it is back`);
  }

  succeed(): void {
    if (this.state === "away") say(`Redis at ${this.host} is back`);
    this.state = "ready";
  }
}
