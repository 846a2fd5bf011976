import { countParquetRows, expandPattern, findFormat, type TableFormat } from "@pushforward/files";
import type { LoadedModel } from "@pushforward/questions/extend";
import { UnseenCells } from "@pushforward/tables/extend";
import { UsageError, UserError } from "../errors/user-error.ts";
import { print, say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { located } from "../run/program-io.ts";
import { oddQuestion } from "../score/odd-question.ts";
import type { ScoreOptions } from "../score/score-options.ts";
import { ScoreSummary } from "../score/score-summary.ts";
import { checkShardCount, cutRows } from "./cut-rows.ts";
import { fileHash, plannedFile } from "./planned-file.ts";
import { runOnQueue } from "./run-on-queue.ts";
import type { PlannedFile, PlannedShard, ScoreTask, ShardFormat } from "./run-plan.ts";
import { RunQueue } from "./run-queue.ts";
import { sayNotes } from "./say-notes.ts";
import { SHARD_ROWS } from "./shard-options.ts";
import { momentsFromData } from "./shard-record.ts";
import { startRun } from "./start-run.ts";

/** `score --redis`: has files scored by workers, and says of all of them what a plain run says. */
export async function scoreOnQueue(modelFile: string, data: string, options: ScoreOptions): Promise<void> {
  const { out, redis = "", backend, escapeFormulas, resume, force } = options;
  if (out === undefined) throw new UsageError("--redis: expected --out with a folder for the shards, got none.");
  refuseWholeTable(data, options);
  const model = await loadTableModel(modelFile);
  if (options.cells && !model.scoresCells) {
    throw new UserError(
      `${modelFile}: expected a model of any table for --cells, got a flow, which has no density of single cells.`,
    );
  }
  const { files, format } = await inputs(data);
  const shards = await shardsOf(files, format, options.shardRows ?? SHARD_ROWS);
  const planned = await plannedFile(modelFile);
  await RunQueue.check(redis);
  const { folder, plan } = await startRun(
    out,
    {
      model: { ...planned, sha256: await fileHash(planned.path) },
      ...{ backend, escapeFormulas, output: options.format ?? OUTPUTS[format] },
      task: scoreTask(model, files, options, modelFile),
      shards,
    },
    { resume, force },
  );
  const records = await runOnQueue(folder, plan, redis);
  const summary = new ScoreSummary();
  const unseen = new UnseenCells(model);
  for (const { scores } of records) {
    if (scores === undefined) continue;
    summary.lookAt(momentsFromData(scores.moments));
    unseen.add(scores.unseen);
  }
  if (options.json) {
    await print(`${JSON.stringify({ ...summary.toJson(), unseen: unseen.found() })}\n`);
    return;
  }
  say(...summary.lines());
  say(...unseen.notes());
  sayNotes(records);
  say(`scores: ${out}, ${records.length} ${records.length === 1 ? "shard" : "shards"}`);
}

/** What needs all rows in one place. */
function refuseWholeTable(data: string, { query, top, marginal }: ScoreOptions): void {
  const flag = query !== undefined ? "--query" : top !== undefined ? "--top" : marginal ? "--marginal" : undefined;
  if (flag !== undefined) throw new UsageError(`--redis: expected no ${flag}, got it.`);
  if (data === "-") throw new UsageError("--redis: expected files that workers can read, got standard input.");
}

/** How shards are written, where nobody says: as the files are, or as CSV where these cannot be written. */
const OUTPUTS: Readonly<Record<TableFormat, ShardFormat>> = {
  ...{ csv: "csv", parquet: "parquet", arrow: "arrow", json: "jsonl" },
  ...{ npy: "csv", npz: "csv", sqlite: "csv" },
};

async function inputs(path: string): Promise<{ files: readonly PlannedFile[]; format: TableFormat }> {
  const paths = await expandPattern(located(path));
  const formats = await Promise.all(paths.map(async (file) => (await findFormat(file)).format));
  const [format = "csv"] = formats;
  const other = formats.findIndex((one) => one !== format);
  if (other > 0) {
    throw new UserError(
      `${path}: expected files of one format, got ${format} in ${paths[0]} and ${formats[other]} in ${paths[other]}.`,
    );
  }
  return { files: await Promise.all(paths.map(plannedFile)), format };
}

/** One for each file, and several for a large Parquet file, of which workers can read ranges of rows. */
async function shardsOf(files: readonly PlannedFile[], format: TableFormat, size: number): Promise<PlannedShard[]> {
  const shards: PlannedShard[] = [];
  for (const [file, { path }] of files.entries()) {
    const rows = format === "parquet" ? await countParquetRows(path) : 0;
    if (rows <= size) shards.push({ file });
    else shards.push(...cutRows(rows, size).map((range) => ({ file, rows: range })));
    checkShardCount(shards.length);
  }
  return shards;
}

function scoreTask(
  model: LoadedModel,
  files: readonly PlannedFile[],
  options: ScoreOptions,
  modelFile: string,
): ScoreTask {
  const { missing, na, header, delimiter, decimal, encoding, cells = false, pValue = false, explain = false } = options;
  const question = oddQuestion(model, options, modelFile);
  return {
    ...{ type: "score", cells, pValue, explain, files },
    odd: question === undefined ? undefined : question.explain ? "reasons" : "scores",
    // Only what has a value, so that a plan that was read again is the same.
    reading: JSON.parse(JSON.stringify({ missing, na, header, delimiter, decimal, encoding })),
  };
}
