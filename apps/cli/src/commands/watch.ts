import { DriftMonitor } from "@pushforward/diagnostics";
import { UnseenCells } from "@pushforward/tables/extend";
import { type BackendName, createKey, type TableSource } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { sourceOf, tableSource } from "../reading/read-table.ts";
import { programIo, setExitCode, stoppable } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { followFile, liveSource, streamBlocks } from "../watch/live-source.ts";
import { readReference } from "../watch/read-reference.ts";
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

/** Runs `pushforward watch`. */
export async function runWatch(modelFile: string, dataFile: string, options: WatchOptions): Promise<void> {
  const { reference: referenceFile, level, follow = false, fail = false, seed } = options;
  if (follow && dataFile === "-") {
    throw new UsageError("--follow: expected a growing file, got standard input, which is always followed.");
  }
  if (referenceFile === "-" && dataFile === "-") {
    throw new UsageError("--reference: expected a file, got standard input, which is the stream.");
  }
  const model = await loadTableModel(modelFile);
  await startBackend(options.backend);
  const reference = await readReference(model, referenceFile, options);
  if (reference.rows.rows < LEAST_REFERENCE) {
    throw new UserError(
      `${referenceFile}: expected at least ${LEAST_REFERENCE} rows of reference, got ${reference.rows.rows}.`,
    );
  }
  const monitor = new DriftMonitor({ reference: reference.rows, level, key: createKey(seed) });
  const report = new WatchReport({ monitor, reference, level, isLive: follow, isJson: options.json === true });
  const unseen = new UnseenCells(model);
  await untilDone(async (signal) => {
    report.start();
    const source = await streamSource(dataFile, options, signal);
    for await (const { rows, rowNumbers } of streamBlocks(model, source, options.missing, unseen)) {
      const before = monitor.rows;
      for (const alarm of monitor.push(rows)) {
        await report.alarm(alarm, rowNumbers[alarm.row - before] as number);
        if (fail && follow) return;
      }
      report.progress();
    }
  });
  await report.end();
  say(...unseen.notes());
  if (fail && report.count > 0) setExitCode(1);
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

/** Runs until the stream closes, Ctrl-C, or an alarm that stops the run. */
async function untilDone(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const ended = new AbortController();
  try {
    await stoppable(
      () => run(ended.signal),
      () => ended.abort(),
    );
  } finally {
    ended.abort();
    // Input that nobody reads any more must not keep the process alive.
    programIo().stdin.destroy();
  }
}
