import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { BackendName } from "pushforward";
import { importOptional } from "pushforward/node";
import { UserError } from "../errors/user-error.ts";
import { TOKEN_VARIABLE } from "../options/options.ts";
import { say } from "../output/terminal.ts";
import { afterStop, located, programIo } from "../run/program-io.ts";

interface ServeCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly allowedHosts?: readonly string[];
  readonly token?: string;
  readonly watch: boolean;
  readonly maxRows: number;
  readonly maxBody: number;
  readonly timeout: number;
  readonly workers?: number;
  readonly backend: BackendName;
}

const MEBIBYTE = 1 << 20;

/** Runs `pushforward serve`. */
export async function runServe(models: readonly string[], options: ServeCommandOptions): Promise<void> {
  const { port, host, watch, maxRows, maxBody, timeout, backend, allowedHosts } = options;
  const token = await readToken(options.token);
  if (token === undefined && !["127.0.0.1", "::1", "localhost"].includes(host)) {
    say(`everyone with access to ${host} can use these models: set a token with --token or $${TOKEN_VARIABLE}.`);
  }
  const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
  // Optional: the other commands do not need it.
  const { serve } = await importOptional("serve", "@pushforward/server", () => import("@pushforward/server"));
  const server = await serve({
    ...{ models: models.map(located), port, host, allowedHosts, token, watch, maxRows, timeout, workers, backend },
    ...{ maxBody: Math.round(maxBody * MEBIBYTE), log: (sentence) => say(sentence) },
  });
  say(`${server.url} serves ${models.join(", ")}; ${server.url}/docs describes it.`);
  await afterStop(async () => {
    say("stopping: requests in progress are completed first");
    await server.close();
  });
}

async function readToken(file: string | undefined): Promise<string | undefined> {
  const text = file === undefined ? programIo().env[TOKEN_VARIABLE] : await readFile(located(file), "utf8").catch(fail);
  const token = text?.trim();
  if (token !== undefined && !/^\S+$/.test(token)) {
    const where = file === undefined ? `$${TOKEN_VARIABLE}` : `--token ${file}`;
    throw new UserError(`${where}: expected a token without spaces, got an invalid one.`);
  }
  return token;

  function fail(error: Error): never {
    throw new UserError(`--token: expected a file that can be read, got ${error.message}.`);
  }
}
