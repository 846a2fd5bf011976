import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import type { BackendName } from "pushforward";
import { importOptional } from "pushforward/node";
import { UserError } from "../errors/user-error.ts";
import { integer, path, positive } from "../options/options.ts";
import { say } from "../output/terminal.ts";

interface ServeCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly watch: boolean;
  readonly maxRows: number;
  readonly maxBody: number;
  readonly timeout: number;
  readonly workers?: number;
  readonly backend: BackendName;
}

/** What holds the token where no file is named. */
const TOKEN_VARIABLE = "PUSHFORWARD_TOKEN";
const MOST_PORT = 65_535;
const MOST_WORKERS = 256;
const MEBIBYTE = 1 << 20;

/** `pushforward serve`: models over HTTP. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("Serve models over HTTP: densities, samples, questions, odd rows and filled cells, until Ctrl-C.")
    .argument("<model.safetensors...>", "the models; each is named after its file")
    .option("--port <n>", "port to listen at; 0 takes a free one", integer(0, MOST_PORT), 8080)
    .option("--host <address>", "address to listen at; 0.0.0.0 is all of this machine", "127.0.0.1")
    .option(
      "--token <file>",
      `a file with the token that requests must carry (default: $${TOKEN_VARIABLE}, else none)`,
      path,
    )
    .option("--no-watch", "do not load model files again when they change")
    .option("--max-rows <n>", "most rows of a request, and most that it may ask for", integer(1), 100_000)
    .option("--max-body <MiB>", "most MiB of a body", positive, 16)
    .option("--timeout <seconds>", "most seconds to send a request, to wait, and to be computed", positive, 30)
    .option("--workers <n>", "worker processes (default: one less than cores, at least 1)", integer(1, MOST_WORKERS))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(runServe);
}

async function runServe(models: readonly string[], options: ServeCommandOptions): Promise<void> {
  const { port, host, watch, maxRows, maxBody, timeout, backend } = options;
  const token = await readToken(options.token);
  if (token === undefined && !["127.0.0.1", "::1", "localhost"].includes(host)) {
    say(`anyone who reaches ${host} can ask these models: --token or $${TOKEN_VARIABLE} sets a token.`);
  }
  const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
  // Optional: the other commands do not need it.
  const { serve } = await importOptional("serve", "@pushforward/server", () => import("@pushforward/server"));
  const server = await serve({
    ...{ models, port, host, token, watch, maxRows, timeout, workers, backend },
    ...{ maxBody: Math.round(maxBody * MEBIBYTE), log: (sentence) => say(sentence) },
  });
  say(`${server.url} serves ${models.join(", ")}; ${server.url}/docs describes it.`);
  await stopSignal();
  say("stopping: requests that have come are answered");
  await server.close();
}

/** Waits for Ctrl-C or a polite kill; a second one ends the program. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopped = false;
    const stop = (): void => {
      if (isStopped) process.exit(130);
      isStopped = true;
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}

async function readToken(file: string | undefined): Promise<string | undefined> {
  const text = file === undefined ? process.env[TOKEN_VARIABLE] : await readFile(file, "utf8").catch(fail);
  const token = text?.trim();
  if (token !== undefined && !/^\S+$/.test(token)) {
    const where = file === undefined ? `$${TOKEN_VARIABLE}` : `--token ${file}`;
    throw new UserError(`${where}: expected a token without spaces, got another text.`);
  }
  return token;

  function fail(error: Error): never {
    throw new UserError(`--token: expected a file that can be read, got ${error.message}.`);
  }
}
