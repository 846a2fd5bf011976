import { type ChildProcess, spawn } from "node:child_process";
import { rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { layoutToJson } from "@pushforward/tables/extend";
import { createKey, encodeModel, nsf, standardRegistry } from "pushforward";

/** Columns of the models. */
const COLUMNS: readonly string[] = ["a", "b", "c", "d", "e"];

/** Returns the bytes of a spline flow of five columns with weights from a seed. */
export function servedModel(seed: number): Uint8Array {
  const key = createKey(seed);
  using flow = nsf({ features: COLUMNS.length, hidden: [64, 64], key });
  for (const [path, p] of flow.parameters()) {
    if (p.trainable)
      p.write(
        key
          .fold(path)
          .normal(p.read().length)
          .map((value) => 0.1 * value),
      );
  }
  const table = layoutToJson({ columns: COLUMNS, context: [] });
  return encodeModel(flow, standardRegistry, { metadata: { table } });
}

/** Returns rows in the format of a request. */
export function requestBody(rows: number): string {
  const z = createKey(1).normal(rows * COLUMNS.length);
  const row = (i: number): object =>
    Object.fromEntries(COLUMNS.map((name, j) => [name, Number((z[i * COLUMNS.length + j] as number).toFixed(4))]));
  return JSON.stringify({ rows: Array.from({ length: rows }, (_, i) => row(i)) });
}

/** Replaces a file at once, as `fit` does. */
export async function replaceFile(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const fresh = join(folder, `${name}.new`);
  await writeFile(fresh, bytes);
  await rename(fresh, join(folder, name));
}

/** The command line as it is installed. */
export const PROGRAM: string = join(import.meta.dirname, "..", "..", "..", "cli", "dist", "main.js");

const TOKEN = "bench";
/** Headers of requests. Only holders of the token see the processes of the workers. */
export const HEADERS: Readonly<Record<string, string>> = {
  ...{ "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
};

/** Answer of `/health`. */
export interface Health {
  readonly status: string;
  readonly models: readonly { readonly version: string; readonly error: string | null }[];
  readonly workers: readonly { readonly pid: number; readonly state: string }[];
}

/** `pushforward serve` in a process of its own. */
export class ServedProcess {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  /** Starts it, and waits until it answers. */
  static async start(model: string, workers: number): Promise<ServedProcess> {
    const args = [PROGRAM, "serve", model, "--port", "0", "--workers", String(workers)];
    const child = spawn(process.execPath, args, {
      ...{ stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PUSHFORWARD_TOKEN: TOKEN } },
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stderr.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        const [, found] = /(http:\S+) serves/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.on("exit", () => reject(new Error(text)));
    });
    return new ServedProcess(url, child);
  }

  async health(): Promise<Health> {
    return (await (await fetch(`${this.url}/health`, { headers: HEADERS })).json()) as Health;
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const lines = (await (await fetch(`${this.url}/metrics`, { headers: HEADERS })).text()).split("\n");
    const own = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** Stops the server as an operator does; returns its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.on("exit", (code) => resolve(code)));
    this.child.kill("SIGTERM");
    return await ended;
  }
}

/** Options of autocannon. */
export interface LoadOptions {
  readonly url: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  /** Returns `true` for a correct answer. */
  readonly isRight: (body: string) => boolean;
}

/** Counts of autocannon. */
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

/** Sends a request repeatedly over a number of connections, as fast as answers arrive. */
export async function loadRun({ url, body, connections, seconds, isRight }: LoadOptions): Promise<LoadResult> {
  return await autocannon({
    ...{ url, body, connections, duration: seconds, timeout: 60, method: "POST" },
    headers: HEADERS,
    verifyBody: (answer: string | Buffer) => isRight(String(answer)),
  });
}
