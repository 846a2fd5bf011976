import { countParquetRows, expandPattern, findFormat, type TableFormat, writeTable } from "@pushforward/files";
import type { LoadedModel } from "@pushforward/questions/extend";
import { UnseenCells } from "@pushforward/tables/extend";
import type { Table } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { keptSentence } from "../fit/tell-of-columns.ts";
import { print, say } from "../output/terminal.ts";
import { FormulaGuard, typedOutput } from "../output/typed-output.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { NegativeSamples } from "../sample/sample-threads.ts";
import { RowScorer } from "../score/row-scorer.ts";
import { oddQuestion, type ScoreOptions, ScoreSummary } from "../score/score-options.ts";
import { type ScoredChunk, writeScores } from "../score/write-scores.ts";
import { momentsFromData, momentsToData, type ShardKind, type ShardRecord, type ShardRequest } from "./shard-folder.ts";
import { SHARD_ROWS, type ShardFormat } from "./shard-options.ts";
import {
  checkShardCount,
  cutRows,
  type PlannedFile,
  type PlannedShard,
  plannedFile,
  type SampleTask,
  type ScoreTask,
} from "./shard-plan.ts";

/** Maximum number of different notes on files to print. */
const MOST_NOTES = 5;

/** Files that are scored. */
type ScoreRequest = ScoreOptions & { readonly data: string };

/** Rows that are scored. */
export const scoreShards: ShardKind<ScoreRequest, ScoreTask> = {
  async plan(modelFile, request) {
    refuseWholeTable(request);
    const model = await loadTableModel(modelFile);
    if (request.cells && !model.scoresCells) {
      throw new UserError(
        `${modelFile}: expected a model of any table for --cells, got a flow, which has no density of single cells.`,
      );
    }
    const { files, format } = await inputs(request.data);
    const shards = await shardsOf(files, format, request.shardRows ?? SHARD_ROWS);
    const task = scoreTask(model, files, request, modelFile);
    return { model, task, shards, output: request.format ?? OUTPUTS[format] };
  },

  async run(model, plan, shard, out) {
    const { path } = plan.task.files[shard.file ?? 0] as PlannedFile;
    const { reading, cells, odd, pValue, explain } = plan.task;
    const notes: string[] = [];
    const source = await tableSource(path, { ...reading, range: shard.rows }, (note) => notes.push(note));
    const { missing } = reading;
    const job = { modelFile: plan.model.path, backend: plan.backend, file: source.name, missing, keepOthers: true };
    const scorer = new RowScorer({ ...job, cells, odd }, model);
    const summary = new ScoreSummary();
    const unseen = new UnseenCells(model);
    let columns: readonly string[] = [];
    const chunks = async function* (): AsyncGenerator<ScoredChunk> {
      for await (const table of source.chunks(scorer.reading)) {
        const known = scorer.score(table);
        unseen.add(known.unseen);
        summary.look(known.scores, table);
        columns = table.columns.map(({ name }) => name);
        yield { table, ...known };
      }
    };
    const { escapeFormulas } = plan;
    notes.push(...(await writeScores(out, chunks(), model, source, { ...reading, escapeFormulas, pValue, explain })));
    return {
      ...{ rows: summary.rows, columns, notes },
      scores: { moments: momentsToData(summary.scoreMoments()), unseen: unseen.found() },
    };
  },

  async collect(records, model, { out, json }) {
    const summary = new ScoreSummary();
    const unseen = new UnseenCells(model);
    for (const { scores } of records) {
      if (scores === undefined) continue;
      summary.lookAt(momentsFromData(scores.moments));
      unseen.add(scores.unseen);
    }
    if (json) {
      await print(`${JSON.stringify({ ...summary.toJson(), unseen: unseen.found() })}\n`);
      return;
    }
    say(...summary.lines());
    say(...unseen.notes());
    sayNotes(records);
    say(`scores: ${out}, ${records.length} ${records.length === 1 ? "shard" : "shards"}`);
  },
};

/** Samples that are drawn. */
export interface SampleRequest extends ShardRequest {
  readonly count: number;
  readonly seed: number;
}

/** Rows that are drawn, the same ones as a plain run draws. */
export const sampleShards: ShardKind<SampleRequest, SampleTask> = {
  async plan(modelFile, { count, seed, format = "parquet", shardRows = SHARD_ROWS }) {
    const model = await loadTableModel(modelFile);
    if (model.context.length > 0) {
      throw new UserError(`${modelFile}: expected a model without context for --redis, got a conditional one.`);
    }
    // Rows are drawn in blocks, each from a key of its own.
    const block = model.blockRows;
    const shards = cutRows(count, block * Math.ceil(shardRows / block)).map((rows) => ({ rows }));
    return { model, task: { type: "sample", seed }, shards, output: format };
  },

  async run(model, { escapeFormulas, task: { seed } }, { rows: range = { from: 0, count: 0 } }, out) {
    const { from } = range;
    const guard = new FormulaGuard();
    const { types, csv, typed } = typedOutput(out, model);
    const negatives = new NegativeSamples(model);
    let rows = 0;
    let columns: readonly string[] = [];
    const tables = async function* (): AsyncGenerator<Table> {
      for (const block of model.draw({ from, count: from + range.count, seed })) {
        rows += block.rows;
        columns = block.columns.map(({ name }) => name);
        yield typed(guard.look(negatives.look(block)));
      }
    };
    await writeTable(out, tables(), { escapeFormulas, types, ...csv });
    const note = escapeFormulas ? undefined : guard.note(out);
    return { rows, columns, notes: note === undefined ? [] : [note], negatives: negatives.found() };
  },

  async collect(records, model, { out }) {
    const rows = records.reduce((sum, record) => sum + record.rows, 0);
    say(`${rows} rows: ${out}, ${records.length} ${records.length === 1 ? "shard" : "shards"}`);
    const kept = keptSentence(model);
    if (kept !== undefined) say(kept);
    const negatives = new NegativeSamples(model);
    for (const record of records) negatives.add(record.negatives ?? [], record.rows);
    say(...negatives.notes());
    sayNotes(records);
  },
};

/** Rejects options that need all rows in a single place. */
function refuseWholeTable({ data, query, top, marginal }: ScoreRequest): void {
  const flag = query !== undefined ? "--query" : top !== undefined ? "--top" : marginal ? "--marginal" : undefined;
  if (flag !== undefined) throw new UsageError(`--redis: expected no ${flag}, got it.`);
  if (data === "-") throw new UsageError("--redis: expected files that workers can read, got standard input.");
}

/** Default format of shards: the format of the files, or CSV for formats that cannot be written. */
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

/** Returns a shard for each file, and several for a large Parquet file, which workers can read in ranges of rows. */
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

/** Prints the notes on the files of shards, each note once. */
function sayNotes(records: readonly ShardRecord[]): void {
  const shards = new Map<string, number[]>();
  for (const [index, { notes }] of records.entries()) {
    for (const note of notes) shards.set(note, [...(shards.get(note) ?? []), index]);
  }
  for (const [note, [first, ...others]] of [...shards].slice(0, MOST_NOTES)) {
    say(`shard ${first}${others.length > 0 ? ` and ${others.length} more` : ""}: ${note}`);
  }
  if (shards.size > MOST_NOTES) say(`and ${shards.size - MOST_NOTES} more notes of this kind`);
}
