import { createRequire } from "node:module";
import { HEADERS } from "./served-process.ts";

/** What autocannon is told. */
export interface LoadOptions {
  readonly url: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  /** Whether an answer is right. */
  readonly isRight: (body: string) => boolean;
}

/** What autocannon counts. */
export interface LoadResult {
  readonly requests: { readonly average: number; readonly total: number; readonly sent: number };
  /** In milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly p99_9: number; readonly max: number };
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly mismatches: number;
}

type Autocannon = (options: Record<string, unknown>) => Promise<LoadResult>;

// It has no types of its own.
const autocannon = createRequire(import.meta.url)("autocannon") as Autocannon;

/** Sends a request again and again over a number of connections, as fast as answers come. */
export async function loadRun({ url, body, connections, seconds, isRight }: LoadOptions): Promise<LoadResult> {
  return await autocannon({
    ...{ url, body, connections, duration: seconds, timeout: 60, method: "POST" },
    headers: HEADERS,
    verifyBody: (answer: string | Buffer) => isRight(String(answer)),
  });
}
