import { Command } from "commander";
import { lazily, redisOption, requireOption } from "../options/command-parts.ts";
import { integer, path } from "../options/options.ts";

/** Shards and members at once, at most. */
const MOST_THREADS = 256;

/** `pushforward worker`: does the work of `score`, `sample` and `fit` with `--redis`. */
export function workerCommand(): Command {
  const command = new Command("worker")
    .description(
      "Do the shards of score --redis and sample --redis and train the members of fit --redis, on any number of machines, until stopped.",
    )
    .usage("--redis <url> [options]");
  requireOption(command, redisOption("where the work is queued, for instance redis://localhost:6379"));
  return command
    .option("--folder <folder>", "read and write in this folder only; the runs and their files are in it", path, ".")
    .option("--concurrency <n>", "shards and members at once, each in a thread", integer(1, MOST_THREADS), 1)
    .action(lazily(async () => (await import("../jobs/worker.ts")).runWorker));
}
