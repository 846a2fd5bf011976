import type { BackendName } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { keptSentence } from "../fit/describe-columns.ts";
import { say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { NegativeSamples } from "../sample/negative-samples.ts";
import { checkShardCount, cutRows } from "./cut-rows.ts";
import { fileHash, plannedFile } from "./planned-file.ts";
import { runOnQueue } from "./run-on-queue.ts";
import { RunQueue } from "./run-queue.ts";
import { sayNotes } from "./say-notes.ts";
import { SHARD_ROWS, type ShardOptions } from "./shard-options.ts";
import { startRun } from "./start-run.ts";

/** What is drawn, and where the shards go. */
export interface SampleOnQueueOptions extends ShardOptions {
  readonly count: number;
  readonly seed: number;
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly escapeFormulas: boolean;
  readonly backend: BackendName;
}

/** `sample --redis`: has rows drawn by workers, the same ones as a plain run draws. */
export async function sampleOnQueue(modelFile: string, options: SampleOnQueueOptions): Promise<void> {
  const { count, seed, out, redis = "", backend, escapeFormulas, resume, force, shardRows = SHARD_ROWS } = options;
  if (out === undefined) throw new UsageError("--redis: expected --out with a folder for the shards, got none.");
  const model = await loadTableModel(modelFile);
  if (model.context.length > 0) {
    throw new UserError(`${modelFile}: expected a model without context for --redis, got a conditional one.`);
  }
  // Rows are drawn in blocks, each from a key of its own.
  const block = model.blockRows;
  const shards = cutRows(count, block * Math.ceil(shardRows / block)).map((rows) => ({ rows }));
  checkShardCount(shards.length);
  const planned = await plannedFile(modelFile);
  await RunQueue.check(redis);
  const { folder, plan } = await startRun(
    out,
    {
      model: { ...planned, sha256: await fileHash(planned.path) },
      ...{ backend, escapeFormulas, output: options.format ?? "parquet", task: { type: "sample", seed }, shards },
    },
    { resume, force },
  );
  const records = await runOnQueue(folder, plan, redis);
  const rows = records.reduce((sum, record) => sum + record.rows, 0);
  say(`${rows} rows: ${out}, ${records.length} ${records.length === 1 ? "shard" : "shards"}`);
  const kept = keptSentence(model);
  if (kept !== undefined) say(kept);
  const negatives = new NegativeSamples(model);
  for (const record of records) negatives.add(record.negatives ?? [], record.rows);
  say(...negatives.notes());
  sayNotes(records);
}
