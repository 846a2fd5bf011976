import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

/** The command line as it is installed. */
const PROGRAM = join(import.meta.dirname, "..", "..", "..", "cli", "dist", "main.js");

const TOKEN = "bench";
/** Headers of requests. The processes of the workers are told to holders of the token alone. */
export const HEADERS: Readonly<Record<string, string>> = {
  ...{ "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
};

/** What `/health` tells. */
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

  /** Ends it as an operator does; returns its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.on("exit", (code) => resolve(code)));
    this.child.kill("SIGTERM");
    return await ended;
  }
}
