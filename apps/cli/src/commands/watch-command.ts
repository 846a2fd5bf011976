import { Command, Option } from "commander";
import { type BackendName, createKey, DriftMonitor, useBackend } from "pushforward";
import type { TableSource } from "pushforward/extend";
import { UsageError, UserError } from "../errors/user-error.ts";
import { fraction, integer, path } from "../options/options.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { sourceOf, tableSource } from "../reading/read-table.ts";
import { followFile } from "../watch/follow-file.ts";
import { liveSource } from "../watch/live-source.ts";
import { readReference } from "../watch/read-reference.ts";
import { streamBlocks } from "../watch/stream-blocks.ts";
import { WatchReport } from "../watch/watch-report.ts";

interface WatchOptions extends ReadOptions {
  readonly reference?: string;
  readonly level: number;
  readonly follow?: boolean;
  readonly fail?: boolean;
  readonly seed: number;
  readonly json?: boolean;
  readonly backend: BackendName;
}

/** `pushforward watch`: an alarm when the rows of a stream are no longer like those of a model. */
export function watchCommand(): Command {
  const command = new Command("watch")
    .description("Watch a stream of rows, and raise an alarm when they drift away from a model or a reference.")
    .argument("<model.safetensors>", "the model", path)
    .argument("[data.csv]", "the stream; - reads standard input", path, "-")
    .option(
      "--reference <held-out.csv>",
      "rows like those to come, which the model was not trained on (default: rows drawn from the model)",
      path,
    )
    .option("--level <probability>", "probability of a false alarm, ever", fraction, 0.05)
    .option("--follow", "wait for rows that are appended to the file, until Ctrl-C")
    .option("--fail", "exit with code 1 if there was an alarm; with --follow, end at the first one")
    .option("--seed <n>", "decides every random number", integer(0), 0);
  return addReadOptions(command)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {rows, level, reference, evidence, alarms}; with --follow, a line for each alarm")
    .action(runWatch);
}

async function runWatch(modelFile: string, dataFile: string, options: WatchOptions): Promise<void> {
  const { reference: referenceFile, level, follow = false, fail = false, seed } = options;
  if (follow && dataFile === "-") {
    throw new UsageError("--follow: expected a file that grows, got standard input, which is read as it comes.");
  }
  if (referenceFile === "-" && dataFile === "-") {
    throw new UsageError("--reference: expected a file, got standard input, which is the stream.");
  }
  const model = await loadTableModel(modelFile);
  await useBackend(options.backend);
  const reference = await readReference(model, referenceFile, options);
  if (reference.rows.rows < LEAST_REFERENCE) {
    throw new UserError(
      `${referenceFile}: expected at least ${LEAST_REFERENCE} rows of reference, got ${reference.rows.rows}.`,
    );
  }
  const monitor = new DriftMonitor({ reference: reference.rows, level, key: createKey(seed) });
  const report = new WatchReport({ monitor, reference, level, isLive: follow, isJson: options.json === true });
  report.start();
  await withStop(async (signal) => {
    const source = await streamSource(dataFile, options, signal);
    for await (const { rows, rowNumbers } of streamBlocks(model, source, options.missing)) {
      const before = monitor.rows;
      for (const alarm of monitor.push(rows)) {
        await report.alarm(alarm, rowNumbers[alarm.row - before] as number);
        if (fail && follow) return;
      }
      report.progress();
    }
  });
  await report.end();
  if (fail && report.count > 0) process.exitCode = 1;
}

/** Rows with which ranks mean something. */
const LEAST_REFERENCE = 20;

async function streamSource(file: string, options: WatchOptions, signal: AbortSignal): Promise<TableSource> {
  if (options.follow)
    return liveSource(
      sourceOf(file, () => followFile(file, signal), options),
      signal,
    );
  const source = await tableSource(file, options);
  return file === "-" ? liveSource(source, signal) : source;
}

/** Ctrl-C ends a stream that does not end by itself; a second one ends the program. */
async function withStop(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  try {
    await run(controller.signal);
  } finally {
    controller.abort();
    process.removeListener("SIGINT", stop);
    // What nobody reads any more must not keep the program alive.
    process.stdin.destroy();
  }
}
